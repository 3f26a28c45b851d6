import CCurl
import Glibc

/// epoll(7) and the eventfd(2) that other threads wake it with.
final class Poller: Sendable {
    struct Event {
        var descriptor: Int32
        var isReadable: Bool
        var isWritable: Bool
        var isError: Bool
    }

    private let epoll: Int32
    private let wakeup: Int32

    /// Nil where the system has no descriptors left.
    init?() {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard epoll >= 0, wakeup >= 0,
            penstock_epoll_control(epoll, EPOLL_CTL_ADD, wakeup, EPOLLIN.rawValue) == 0
        else {
            closeAll()
            return nil
        }
    }

    deinit { closeAll() }

    private func closeAll() {
        if epoll >= 0 { close(epoll) }
        if wakeup >= 0 { close(wakeup) }
    }

    /// From any thread.
    func wake() {
        var one: UInt64 = 1
        // A full counter is a wake that is already on its way.
        _ = write(wakeup, &one, MemoryLayout<UInt64>.size)
    }

    /// - Parameter events: `CURL_POLL_…` as libcurl asks for them.
    func watch(_ descriptor: Int32, events: Int32, isNew: Bool) {
        var flags: UInt32 = 0
        if events & CURL_POLL_IN != 0 { flags |= EPOLLIN.rawValue }
        if events & CURL_POLL_OUT != 0 { flags |= EPOLLOUT.rawValue }
        let first = isNew ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        guard penstock_epoll_control(epoll, first, descriptor, flags) != 0 else { return }
        // The number may have been closed and given out again since libcurl last named it.
        _ = penstock_epoll_control(epoll, isNew ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, flags)
    }

    func forget(_ descriptor: Int32) { _ = penstock_epoll_control(epoll, EPOLL_CTL_DEL, descriptor, 0) }

    /// Waits for events, for `milliseconds` at most; -1 for as long as it takes.
    func wait(milliseconds: Int32) -> [Event] {
        withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: 256) { buffer in
            let count = epoll_wait(epoll, buffer.baseAddress, Int32(buffer.count), milliseconds)
            var events: [Event] = []
            for index in 0..<max(Int(count), 0) {
                let descriptor = withUnsafePointer(to: buffer[index]) { penstock_epoll_descriptor($0) }
                if descriptor == wakeup {
                    var counter: UInt64 = 0
                    _ = read(wakeup, &counter, MemoryLayout<UInt64>.size)
                    continue
                }
                let flags = buffer[index].events
                events.append(
                    Event(
                        descriptor: descriptor, isReadable: flags & EPOLLIN.rawValue != 0,
                        isWritable: flags & EPOLLOUT.rawValue != 0,
                        isError: flags & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0))
            }
            return events
        }
    }
}
