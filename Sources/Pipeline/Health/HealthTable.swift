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
    private struct Entry {
        var user: String
        var health = APIHealth()
    }

    private struct Table {
        var entries: [String: Entry] = [:]
        /// The APIs of which something stands that no owner was told.
        var untold: Set<String> = []
    }

    private let table = Mutex(Table())
    private let tell: @Sendable (News) -> Void

    /// - Parameter tell: hears news at once, on the call's thread: it must only take note.
    package init(tell: @escaping @Sendable (News) -> Void = { _ in }) {
        self.tell = tell
    }

    package func health(of api: String) -> APIHealth? { table.withLock { $0.entries[api]?.health } }

    /// The API is gone.
    package func forget(api: String) {
        table.withLock { table in
            table.entries[api] = nil
            table.untold.remove(api)
        }
    }

    /// The API's definition or credentials have changed.
    package func changed(api: String) {
        table.withLock { $0.entries[api]?.health.changed() }
    }

    /// What stands now and no owner has been told, as nobody had asked to be.
    package func untold() -> [News] {
        table.withLock { table in
            table.untold.flatMap { api -> [News] in
                guard let entry = table.entries[api] else { return [] }
                return entry.health.untold.map { event, time in
                    News(
                        user: entry.user, api: api, event: event, time: time,
                        certificateEnds: event == .certificateExpiring ? entry.health.certificateEnds : nil)
                }
            }
        }
    }

    /// An owner has been told.
    package func delivered(_ news: News) {
        table.withLock { table in
            table.entries[news.api]?.health.delivered(news.event)
            if table.entries[news.api]?.health.untold.isEmpty ?? true { table.untold.remove(news.api) }
        }
    }

    func observed(_ observation: APIHealth.Observation, api: String, user: String, now: Int64) {
        let event = change(api, user) { $0.observed(observation, now: now) }
        if let event { tell(News(user: user, api: api, event: event, time: now, certificateEnds: nil)) }
    }

    func saw(certificateEnding ends: Int64, api: String, user: String, now: Int64) {
        let event = change(api, user) { $0.saw(certificateEnding: ends, now: now) }
        if let event { tell(News(user: user, api: api, event: event, time: now, certificateEnds: ends)) }
    }

    private func change(
        _ api: String, _ user: String, _ body: (inout APIHealth) -> APIHealth.Event?
    ) -> APIHealth.Event? {
        table.withLock { table in
            if table.entries.count >= Self.capacity, table.entries[api] == nil { table = Table() }
            let event = body(&table.entries[api, default: Entry(user: user)].health)
            if table.entries[api]?.health.untold.isEmpty ?? true {
                table.untold.remove(api)
            } else {
                table.untold.insert(api)
            }
            return event
        }
    }
}
