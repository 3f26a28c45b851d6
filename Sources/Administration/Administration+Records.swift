package import Audit
package import Registry

extension Administration {
    /// An API's latest records, newest first.
    package func records(
        of api: StoredAPI, limit: Int, in log: any AuditLog
    ) async throws(AdministrationError) -> AuditPage {
        var query = AuditQuery(user: api.user, api: api.id)
        query.limit = limit
        return try await records(query, of: api, in: log)
    }

    /// An API's records that fit a query, newest first; whose and which API's is taken from `api`.
    package func records(
        _ query: AuditQuery, of api: StoredAPI, in log: any AuditLog
    ) async throws(AdministrationError) -> AuditPage {
        var query = query
        query.user = api.user
        query.api = api.id
        return try await read { [query] in try log.logs(query) }
    }

    /// An API's figures, in whole hours.
    ///
    /// - Parameters:
    ///   - since: microseconds since 1970; `until`: exclusive. `nil`: all there is.
    package func summary(
        of api: StoredAPI, since: Int64?, until: Int64?, in statistics: any AuditStatistics
    ) async throws(AdministrationError) -> AuditSummary {
        try await read { try statistics.summary(user: api.user, api: api.id, since: since, until: until) }
    }

    /// What an API's webhook was told, newest first.
    ///
    /// - Parameter cursor: the id of the last one seen.
    package func deliveries(
        of api: StoredAPI, limit: Int, after cursor: String?, in store: any DeliveryStore
    ) async throws(AdministrationError) -> [Delivery] {
        try await read {
            // The log is by user; what is another API's is passed over.
            var found: [Delivery] = []
            var cursor = cursor
            while found.count < limit {
                let page = try store.deliveries(user: api.user, limit: 1000, after: cursor)
                found += page.filter { $0.api == api.id }
                guard page.count == 1000, let last = page.last else { break }
                cursor = last.id
            }
            return Array(found.prefix(limit))
        }
    }

    /// How often and when last each of a user's APIs was called, by the API's id; everybody's for an operator.
    package func usage(
        for actor: Actor, in statistics: any AuditStatistics
    ) async throws(AdministrationError) -> [String: AuditUsage] {
        let user = actor.token.kind == .operator ? nil : try user(of: actor)
        return try await read { try statistics.usage(user: user) }
    }

    /// How often APIs were called on this UTC day, by the API's id.
    package func callsToday(
        of apis: [StoredAPI], in statistics: any AuditStatistics
    ) async throws(AdministrationError) -> [String: Int] {
        try await read { [now] in try statistics.callsToday(of: apis.map(\.id), now: now()) }
    }
}
