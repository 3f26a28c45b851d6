import Glibc
import Synchronization

/// Writes lines to a descriptor from a thread of its own, so that a stalled reader of the log never stalls a call.
/// When its queue is full lines are dropped and counted, and the count is told once there is room again.
package final class LineWriter: Sendable {
    private struct State {
        var pending: [UInt8] = []
        var dropped = 0
        var isStopping = false
        var isIdle = true
    }

    private let descriptor: Int32
    private let capacity: Int
    private let monitor = Monitor(State())
    private let droppedInAll = Atomic<Int>(0)

    /// Lines lost because the queue was full, since the start.
    package var droppedLines: Int { droppedInAll.load(ordering: .relaxed) }

    /// - Parameters:
    ///   - descriptor: where to write; it stays open.
    ///   - capacity: bytes that may wait. Default 256 KiB.
    package init(descriptor: Int32, capacity: Int = 256 << 10) {
        self.descriptor = descriptor
        self.capacity = capacity
        _ = OwnThread.run { self.run() }
    }

    /// Queues one line, without its newline.
    package func write(_ line: String) {
        let isDropped = monitor.signal { state -> Bool in
            guard state.pending.count + line.utf8.count < capacity else {
                state.dropped += 1
                return true
            }
            state.pending.append(contentsOf: line.utf8)
            state.pending.append(UInt8(ascii: "\n"))
            return false
        }
        if isDropped { droppedInAll.wrappingAdd(1, ordering: .relaxed) }
    }

    /// Waits, for at most a second, until what was queued has been written. Blocks: only for the end of a process.
    package func flush() {
        monitor.wait(milliseconds: 1000, until: { $0.pending.isEmpty && $0.isIdle }, then: { _ in })
    }

    private func run() {
        while true {
            let (bytes, dropped, isStopping) = monitor.wait(until: { !$0.pending.isEmpty || $0.isStopping }) { state in
                let taken = (state.pending, state.dropped, state.isStopping)
                state.pending = []
                state.dropped = 0
                state.isIdle = false
                return taken
            }
            guard !isStopping else { return }
            _ = FileDescriptor.write(bytes[...], to: descriptor)
            if dropped > 0 {
                let note = "\(dropped) log lines were dropped: the reader of the log was too slow\n"
                _ = FileDescriptor.write(Array(note.utf8)[...], to: descriptor)
            }
            monitor.signal { $0.isIdle = true }
        }
    }
}

/// Blocking writes, for threads that may block.
package enum FileDescriptor {
    /// Writes all of `bytes`; returns what is left, and why, when it could not.
    package static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) -> (
        rest: ArraySlice<UInt8>, error: Int32
    ) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR:
                continue
            case EAGAIN:
                var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = Glibc.poll(&poll, 1, 1000)
            default:
                return (rest, errno)
            }
        }
        return (rest, 0)
    }

    /// What the system says of an error number.
    package static func describe(_ error: Int32) -> String {
        String(cString: strerror(error))
    }
}
