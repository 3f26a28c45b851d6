import Pipeline
import Synchronization

/// News about APIs on their way from the calls that learnt them to who tells their owners. Bounded: a call never waits for
/// it, and what finds no room is only in the metrics.
final class AlertInbox: Sendable {
    private let news = Mutex<[HealthTable.News]>([])
    private let bell: AsyncStream<Void>.Continuation
    /// Rings when there is something to look at.
    let rings: AsyncStream<Void>

    private static let most = 1000

    init() {
        (rings, bell) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Takes note; from any thread.
    func tell(_ item: HealthTable.News) {
        news.withLock { if $0.count < Self.most { $0.append(item) } }
        ring()
    }

    func ring() { bell.yield() }

    func take() -> [HealthTable.News] {
        news.withLock { news in
            defer { news = [] }
            return news
        }
    }
}
