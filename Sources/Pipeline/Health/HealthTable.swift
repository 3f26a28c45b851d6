import Synchronization

/// How all APIs are doing that were called since the start.
package final class HealthTable: Sendable {
    /// Something that an API's owner should hear of.
    package struct News: Sendable, Hashable {
        package let user: String
        package let api: String
        package let event: APIHealth.Event
        /// Microseconds since 1970.
        package let time: Int64
        /// When the certificate ends, where that is the news: microseconds since 1970.
        package let certificateEnds: Int64?
    }

    /// Beyond it the table is emptied: what matters is learnt again within a few calls.
    private static let capacity = 100_000
    private let table = Mutex<[String: APIHealth]>([:])
    private let tell: @Sendable (News) -> Void

    /// - Parameter tell: hears news at once, on the call's thread: it must only take note.
    package init(tell: @escaping @Sendable (News) -> Void = { _ in }) {
        self.tell = tell
    }

    package func health(of api: String) -> APIHealth? { table.withLock { $0[api] } }

    package func forget(api: String) { table.withLock { _ = $0.removeValue(forKey: api) } }

    func observed(_ observation: APIHealth.Observation, api: String, user: String, now: Int64) {
        let event = change(api) { $0.observed(observation, now: now) }
        if let event { tell(News(user: user, api: api, event: event, time: now, certificateEnds: nil)) }
    }

    func saw(certificateEnding ends: Int64, api: String, user: String, now: Int64) {
        let event = change(api) { $0.saw(certificateEnding: ends, now: now) }
        if let event { tell(News(user: user, api: api, event: event, time: now, certificateEnds: ends)) }
    }

    private func change(_ api: String, _ body: (inout APIHealth) -> APIHealth.Event?) -> APIHealth.Event? {
        table.withLock { table in
            if table.count >= Self.capacity, table[api] == nil { table.removeAll() }
            return body(&table[api, default: APIHealth()])
        }
    }
}
