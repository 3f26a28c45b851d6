import NIOCore
import NIOPosix

/// Lets the requests that wait behind others on their HTTP/1.1 connections go on, one at a time for a whole event loop.
///
/// An event loop runs the tasks it has until there are none, and only then looks at its sockets. A connection with many
/// requests in hand would therefore keep the loop from everybody else. Between two of these requests lies a pause, in
/// which the loop comes to its sockets; a turn that comes late makes the next pause longer.
final class PipelinedTurns: @unchecked Sendable {
    // Confined to its loop: the thread's variable is what makes it one a loop.
    private let eventLoop: any EventLoop
    private var waiting = CircularBuffer<() -> Void>()
    private var due = NIODeadline.distantPast
    private var isScheduled = false

    private static let pause = TimeAmount.microseconds(250)
    private static let ofThread = ThreadSpecificVariable<PipelinedTurns>()

    private init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// The turns of the loop that calls this.
    static func of(_ eventLoop: any EventLoop) -> PipelinedTurns {
        if let known = ofThread.currentValue, known.eventLoop === eventLoop { return known }
        let turns = PipelinedTurns(eventLoop: eventLoop)
        ofThread.currentValue = turns
        return turns
    }

    /// Calls `body` when it is its turn. Each connection waits for one turn at a time.
    func wait(_ body: @escaping () -> Void) {
        waiting.append(body)
        schedule(in: Self.pause)
    }

    private func schedule(in pause: TimeAmount) {
        guard !isScheduled, !waiting.isEmpty else { return }
        isScheduled = true
        due = .now() + pause
        eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.next() }
    }

    private func next() {
        isScheduled = false
        let lateness = max(.zero, NIODeadline.now() - due)
        waiting.popFirst()?()
        schedule(in: Self.pause + lateness * 2)
    }
}
