import CCurl
import Glibc

/// epoll(7) and the eventfd(2) that other threads wake it with. Belongs to the thread, save for ``wake()``.
final class Poller: @unchecked Sendable {
    struct Event {
        var descriptor: Int32
        var isReadable: Bool
        var isWritable: Bool
        var isError: Bool
    }

    private static let capacity = 256
    private let epoll: Int32
    private let wakeup: Int32
    private let events: UnsafeMutablePointer<epoll_event>
    /// What the system was asked to report of each descriptor; 0 for nothing.
    private var registered = DescriptorTable<UInt32>()

    /// Nil where the system has no descriptors left.
    init?() {
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        events = .allocate(capacity: Self.capacity)
        events.initialize(repeating: epoll_event(), count: Self.capacity)
        // Edge-triggered: each write is an event, and nobody has to read.
        guard epoll >= 0, wakeup >= 0,
            penstock_epoll_control(epoll, EPOLL_CTL_ADD, wakeup, EPOLLIN.rawValue | EPOLLET.rawValue) == 0
        else { return nil }
    }

    deinit {
        if epoll >= 0 { close(epoll) }
        if wakeup >= 0 { close(wakeup) }
        events.deallocate()
    }

    /// From any thread.
    func wake() {
        var one: UInt64 = 1
        while write(wakeup, &one, MemoryLayout<UInt64>.size) < 0 {
            // The counter is full after 2^64 wakes that nobody counted.
            guard errno == EAGAIN, read(wakeup, &one, MemoryLayout<UInt64>.size) >= 0 else { return }
            one = 1
        }
    }

    /// - Parameters:
    ///   - events: `CURL_POLL_…` as libcurl asks for them.
    ///   - isNew: nothing is known of the descriptor, whose number may have been another's before.
    func watch(_ descriptor: Int32, events: Int32, isNew: Bool) {
        var flags: UInt32 = 0
        if events & CURL_POLL_IN != 0 { flags |= EPOLLIN.rawValue }
        if events & CURL_POLL_OUT != 0 { flags |= EPOLLOUT.rawValue }
        let known = isNew ? nil : registered[descriptor]
        if known == flags { return }
        registered[descriptor] = flags
        let first = known == nil ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
        guard penstock_epoll_control(epoll, first, descriptor, flags) != 0 else { return }
        // The number may have been closed and given out again since libcurl last named it.
        _ = penstock_epoll_control(epoll, known == nil ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, descriptor, flags)
    }

    /// Nobody waits for the descriptor, of which an event has come. One that is quiet while nobody waits for it stays
    /// registered: a connection that is used again would be registered again each time.
    func forget(_ descriptor: Int32) {
        registered[descriptor] = nil
        _ = penstock_epoll_control(epoll, EPOLL_CTL_DEL, descriptor, 0)
    }

    /// The descriptor is about to be closed, with which the system forgets it.
    func closes(_ descriptor: Int32) { registered[descriptor] = nil }

    /// Waits for events, for `milliseconds` at most; -1 for as long as it takes.
    ///
    /// - Returns: how many there are for ``event(_:)``.
    func wait(milliseconds: Int32) -> Int {
        max(Int(epoll_wait(epoll, events, Int32(Self.capacity), milliseconds)), 0)
    }

    /// An event of the last ``wait(milliseconds:)``; nil for a wake.
    func event(_ index: Int) -> Event? {
        let descriptor = penstock_epoll_descriptor(events + index)
        if descriptor == wakeup { return nil }
        let flags = events[index].events
        return Event(
            descriptor: descriptor, isReadable: flags & EPOLLIN.rawValue != 0,
            isWritable: flags & EPOLLOUT.rawValue != 0,
            isError: flags & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0)
    }
}

/// A value for each of some descriptors, which are small numbers.
struct DescriptorTable<Value> {
    private var values: [Value?] = []

    subscript(_ descriptor: Int32) -> Value? {
        get { descriptor >= 0 && descriptor < values.count ? values[Int(descriptor)] : nil }
        set {
            guard descriptor >= 0 else { return }
            let index = Int(descriptor)
            if index >= values.count {
                if newValue == nil { return }
                values += Array(repeating: nil, count: max(index + 1 - values.count, 64))
            }
            values[index] = newValue
        }
    }
}
