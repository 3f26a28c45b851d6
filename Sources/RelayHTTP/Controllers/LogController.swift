import Administration
import Audit
import Failure
import Hummingbird
import Registry
import Value

/// What is known of an API's calls: its records, and what they come to.
struct LogController {
    let administration: Administration
    let log: any AuditLog & AuditStatistics
    let deliveries: any DeliveryStore

    func add(to router: Router<RelayContext>) {
        router.group("v1/apis").add(middleware: RequireToken(administration: administration, kinds: [.user]))
            .get(":slug/logs", use: logs).get(":slug/summary", use: summary).get(":slug/alerts", use: alerts)
    }

    /// `?endpoint=&status=&request_id=&since=&until=&limit=&cursor=`; a status is an outcome such as `TIMEOUT`, an upstream
    /// status, or `error` for whatever is not `OK`.
    @Sendable func logs(_ request: Request, _ context: RelayContext) async throws -> Response {
        let api = try await administration.api(context.parameters.require("slug"), for: context.actor())
        let page = try PageRequest(request)
        var query = AuditQuery(user: api.user, api: api.id)
        query.limit = page.limit
        query.endpoint = request.uri.queryParameters["endpoint"].map { String($0) }
        query.requestID = request.uri.queryParameters["request_id"].map { String($0) }
        (query.since, query.until) = try Self.period(request)
        if let after = page.after {
            guard let cursor = AuditCursor(after) else { throw Self.wrong("cursor is not one of this list's.") }
            query.cursor = cursor
        }
        if let status = request.uri.queryParameters["status"] {
            if let number = Int(status), (100...999).contains(number) {
                query.upstreamStatus = number
            } else {
                query.outcome = try Self.outcome(String(status))
            }
        }
        let found = try await administration.records(query, of: api, in: log)
        // A record's text is JSON: a page of a hundred took longer to parse and write again than to find.
        return .json(bytes: Presentation.page(texts: found.records, next: found.next?.description))
    }

    /// The last 24 hours, unless told otherwise; in whole hours.
    @Sendable func summary(_ request: Request, _ context: RelayContext) async throws -> Response {
        let api = try await administration.api(context.parameters.require("slug"), for: context.actor())
        let period = try Self.period(request)
        let now = administration.now()
        let since = period.since ?? (period.until ?? now) - 24 * 3_600_000_000
        let summary = try await administration.summary(of: api, since: since, until: period.until, in: log)
        var object = JSONObject([
            ("since", Presentation.time(since)), ("until", Presentation.time(period.until ?? now)),
        ])
        let endpoint = request.uri.queryParameters["endpoint"].map { String($0) }
        let all = endpoint.map { summary.endpoints[$0] ?? AuditRollup() } ?? summary.all
        for (key, value) in Self.present(all) { object[key] = value }
        if endpoint == nil {
            object["endpoints"] = .array(
                summary.endpoints.sorted { $0.key < $1.key }.map { name, rollup in
                    var row = JSONObject([("endpoint", name.isEmpty ? .null : .string(name))])
                    for (key, value) in Self.present(rollup) { row[key] = value }
                    return .object(row)
                })
        }
        return .json(.object(object))
    }

    /// What the API's webhook was told, newest first, and how far each message has come.
    @Sendable func alerts(_ request: Request, _ context: RelayContext) async throws -> Response {
        let api = try await administration.api(context.parameters.require("slug"), for: context.actor())
        let page = try PageRequest(request)
        let found = try await administration.deliveries(
            of: api, limit: page.limit + 1, after: page.after, in: deliveries)
        let shown = found.prefix(page.limit)
        return .json(
            Presentation.page(
                shown.map(Presentation.delivery), next: found.count > page.limit ? shown.last?.id : nil))
    }

    private static func present(_ rollup: AuditRollup) -> JSONObject {
        func milliseconds(_ microseconds: Double?) -> JSON {
            microseconds.map { .number(JSONNumber(($0 / 100).rounded() / 10)) } ?? .null
        }
        func percentile(_ fraction: Double) -> JSON {
            milliseconds(rollup.latency.percentile(fraction).map { Double($0) })
        }
        return JSONObject([
            ("calls", .number(JSONNumber(rollup.calls))),
            ("success_rate", rollup.successRate.map { .number(JSONNumber(($0 * 10_000).rounded() / 10_000)) } ?? .null),
            (
                "latency_ms",
                [
                    "mean": milliseconds(rollup.meanMicroseconds), "p50": percentile(0.5), "p95": percentile(0.95),
                    "p99": percentile(0.99),
                ]
            ),
            (
                "errors",
                .object(
                    JSONObject(
                        rollup.errors.sorted { $0.key < $1.key }.map { ($0.key, .number(JSONNumber($0.value))) }))
            ),
            ("request_bytes", .number(JSONNumber(rollup.requestBytes))),
            ("response_bytes", .number(JSONNumber(rollup.responseBytes))),
        ])
    }

    /// An outcome that records can have, in either case.
    private static func outcome(_ text: String) throws(CallFailure) -> String {
        let known = ["OK", "error", "CANCELLED"] + ErrorCode.allCases.map(\.rawValue)
        if let outcome = known.first(where: { $0.lowercased() == text.lowercased() }) { return outcome }
        let near = nearest(to: text, among: known).map { " Did you mean \($0)?" } ?? ""
        throw wrong("status must be a status such as 404, error, or one of \(known.joined(separator: ", ")).\(near)")
    }

    private static func period(_ request: Request) throws(CallFailure) -> (since: Int64?, until: Int64?) {
        func time(_ name: String) throws(CallFailure) -> Int64? {
            guard let text = request.uri.queryParameters[name[...]] else { return nil }
            guard let time = Timestamp.microseconds(String(text)) else {
                throw wrong("\(name) must be a time such as 2026-01-31T08:00:00Z.")
            }
            return time
        }
        return (try time("since"), try time("until"))
    }

    private static func wrong(_ detail: String) -> CallFailure {
        CallFailure(.invalidRequest, stage: .validation, detail: detail)
    }
}
