import Synchronization

/// Where calls leave answers that do not follow their schema. A call never waits for it: it takes note under a lock, and
/// what finds no room is not noticed.
package final class DriftRecorder: Sendable {
    private let intake: Mutex<DriftIntake>
    private let bell: AsyncStream<Void>.Continuation
    /// Rings when there is something to look at.
    package let rings: AsyncStream<Void>

    package init(limits: DriftIntake.Limits = DriftIntake.Limits()) {
        intake = Mutex(DriftIntake(limits: limits))
        (rings, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes note; from any thread.
    package func record(_ report: DriftReport) {
        let isFirst = intake.withLock { intake in
            let wasEmpty = intake.isEmpty
            intake.add(report)
            return wasEmpty
        }
        if isFirst { bell.yield() }
    }

    /// What came since the last time.
    package func take() -> [DriftIntake.Key: DriftIntake.Batch] { intake.withLock { $0.take() } }
}
