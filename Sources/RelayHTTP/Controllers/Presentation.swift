import Administration
import Audit
import EgressPolicy
import NIOCore
import Pipeline
import Registry
import Tunnels
import Value
import Vault

/// How the relay's things look in JSON.
enum Presentation {
    static func time(_ microseconds: Int64?) -> JSON {
        microseconds.map { .string(Timestamp.text(microseconds: $0)) } ?? .null
    }

    private static func number(_ value: Int?) -> JSON { value.map { .number(JSONNumber($0)) } ?? .null }

    static func user(_ user: User) -> JSON {
        [
            "id": .string(user.id), "name": .string(user.name), "created_at": time(user.created),
            "suspended_at": time(user.suspended),
        ]
    }

    static func token(_ token: Token) -> JSON {
        [
            "id": .string(token.id), "kind": .string(token.kind.rawValue),
            "user_id": token.user.map { .string($0) } ?? .null,
            "tunnel_id": token.tunnel.map { .string($0) } ?? .null, "label": .string(token.label),
            "apis": token.apis.map { .array($0.map { .string($0) }) } ?? .null,
            "rate_limit": [
                "requests_per_minute": number(token.limits.perMinute), "requests_per_day": number(token.limits.perDay),
            ],
            "max_in_flight": number(token.limits.inFlight), "last_four": .string(token.lastFour),
            "created_at": time(token.created), "expires_at": time(token.expires),
            "last_used_at": time(token.lastUsed), "revoked_at": time(token.revoked),
        ]
    }

    /// With the text, which is shown this once.
    static func token(_ new: NewToken) -> JSON {
        var object = token(new.token).object ?? JSONObject()
        object["token"] = .string(new.text.revealed())
        return .object(object)
    }

    static func tunnel(_ tunnel: Tunnel, _ live: TunnelSnapshot, now: Int64) -> JSON {
        [
            "id": .string(tunnel.id), "user_id": .string(tunnel.user), "name": .string(tunnel.name),
            "created_at": time(tunnel.created),
            "last_seen_at": time(live.sessions.isEmpty ? tunnel.lastSeen : now),
            "online": .bool(!live.sessions.isEmpty),
            "waiting_calls": .number(JSONNumber(live.waiting)), "sessions": .array(live.sessions.map(session)),
        ]
    }

    private static func session(_ session: SessionSnapshot) -> JSON {
        [
            "id": .string(String(session.id)), "instance": .string(session.instance),
            "connector_version": .string(session.connectorVersion), "remote_address": .string(session.remoteAddress),
            "age_s": .number(JSONNumber(Int(session.age.nanoseconds / 1_000_000_000))),
            "streams": .number(JSONNumber(session.streams)), "stream_limit": .number(JSONNumber(session.streamLimit)),
            "round_trip_ms": session.roundTrip.map { .number(JSONNumber(Double($0.nanoseconds / 1000) / 1000)) }
                ?? .null,
            "draining": .bool(!session.isAccepting),
        ]
    }

    /// What the relay knows of an API's calls.
    struct Use {
        var calls = 0
        /// Of this UTC day.
        var callsToday = 0
        /// Microseconds since 1970.
        var lastUsed: Int64?
        var health: APIHealth?
        /// `closed`, `open` or `halfOpen`.
        var breaker = "closed"
        /// Proposals of schema changes that are open; nil where they were not counted.
        var openProposals: Int?

        /// Calls that were made since the last record was written count as well.
        var lastUsedNow: Int64? { [lastUsed, health?.lastUsed].compactMap { $0 }.max() }
    }

    static func delivery(_ delivery: Delivery) -> JSON {
        [
            "id": .string(delivery.id), "event": .string(delivery.event), "time": time(delivery.time),
            "state": .string(delivery.state.rawValue), "attempts": .number(JSONNumber(delivery.attempts)),
            "next_attempt_at": time(delivery.nextAttempt),
            "last_status": delivery.lastStatus.map { .number(JSONNumber($0)) } ?? .null,
        ]
    }

    static func credential(_ version: VaultVersion) -> JSON {
        var object = JSONObject([
            ("field", .string(version.field)), ("version", .number(JSONNumber(Int(version.version)))),
            ("created_at", time(version.created)), ("key_term", .number(JSONNumber(Int(version.keyTerm)))),
        ])
        switch version.state {
        case .current: object["state"] = "current"
        case .overlapping(let until):
            object["state"] = "overlapping"
            object["overlap_until"] = time(until)
        case .retired: object["state"] = "retired"
        }
        return .object(object)
    }

    /// The definition as it was written, with references in place of credentials, and what the relay knows of it.
    ///
    /// - Parameter missing: the credentials that calls need and that nobody has set.
    static func api(_ api: StoredAPI, _ use: Use = Use(), missing: [String] = []) -> JSON {
        var object = JSONObject([
            ("id", .string(api.id)), ("user_id", .string(api.user)), ("slug", .string(api.slug)),
        ])
        for (name, value) in api.definition.object ?? JSONObject() { object[name] = value }
        var metadata: JSONObject = [
            "created_at": time(api.created), "updated_at": time(api.updated),
            "version": .number(JSONNumber(api.version)), "last_used_at": time(use.lastUsedNow),
            "total_calls": .number(JSONNumber(use.calls)), "status": status(api, use),
            "suspended_at": time(api.suspended), "circuit_breaker": .string(use.breaker),
            "certificate_ends_at": time(use.health?.certificateEnds),
        ]
        if let count = use.openProposals { metadata["drift"] = ["open": .number(JSONNumber(count))] }
        if !missing.isEmpty { metadata["missing_credentials"] = .array(missing.map(JSON.string)) }
        object["metadata"] = .object(metadata)
        return .object(object)
    }

    private static func status(_ api: StoredAPI, _ use: Use) -> JSON {
        .string(api.suspended == nil ? (use.health?.status ?? .active).rawValue : "suspended")
    }

    /// What an operator sees of a user's API: whose it is and how it is used, and of its address no path or query.
    static func overview(_ api: StoredAPI, _ use: Use) -> JSON {
        var object = summary(api, use).object ?? JSONObject()
        object["user_id"] = .string(api.user)
        object["suspended_at"] = time(api.suspended)
        let base = api.definition["connection"]?["base_url"]?.string ?? ""
        object["base_url"] = (try? BaseURL(base)).map { .string("\($0.origin)") } ?? .null
        return .object(object)
    }

    static func summary(_ api: StoredAPI, _ use: Use) -> JSON {
        let definition = api.definition
        return [
            "slug": .string(api.slug), "name": definition["name"] ?? .null, "id": .string(api.id),
            "base_url": definition["connection"]?["base_url"] ?? .null,
            "auth": definition["authentication"]?["type"] ?? "none",
            "endpoints": .number(JSONNumber(definition["endpoints"]?.array?.count ?? 0)),
            "tunnel": definition["tunnel"]?["tunnel_id"] ?? .null, "updated_at": time(api.updated),
            "last_used_at": time(use.lastUsedNow), "total_calls": .number(JSONNumber(use.calls)),
            "calls_today": .number(JSONNumber(use.callsToday)), "status": status(api, use),
        ]
    }

    /// What agents are told of an API beside its tools: no base URL, no authentication.
    static func tools(of api: CompiledAPI) -> JSONObject {
        [
            "slug": .string(api.slug), "name": .string(api.name),
            "description": api.summary.map { .string($0) } ?? .null,
        ]
    }

    /// A tool without its schemas.
    static func name(of endpoint: CompiledEndpoint, in api: CompiledAPI) -> JSONObject {
        [
            "name": .string(endpoint.name), "tool": .string("custom.\(api.slug).\(endpoint.name)"),
            "description": endpoint.summary.map { .string($0) } ?? .null, "method": .string(endpoint.method),
        ]
    }

    /// A tool with its schemas, whose references lead into the `$defs` beside all tools of the API.
    static func shared(_ endpoint: CompiledEndpoint, in api: CompiledAPI) -> JSONObject {
        tool(
            endpoint, in: api, arguments: plain(endpoint.arguments, of: endpoint),
            response: endpoint.response.map { plain($0, of: endpoint) })
    }

    /// A schema, or a shared one, as it is shown beside others.
    static func plain(_ schema: JSON, of endpoint: CompiledEndpoint) -> JSON {
        ShownSchema.plain(schema) { endpoint.definitions[$0] }
    }

    /// A tool with schemas that hold all they refer to, no larger than a model can be shown.
    static func selfContained(_ endpoint: CompiledEndpoint, in api: CompiledAPI) -> JSON {
        .object(
            tool(
                endpoint, in: api, arguments: ShownSchema.make(endpoint.selfContainedArguments),
                response: endpoint.selfContainedResponse.map { ShownSchema.make($0) }))
    }

    private static func tool(
        _ endpoint: CompiledEndpoint, in api: CompiledAPI, arguments: JSON, response: JSON?
    ) -> JSONObject {
        var object = name(of: endpoint, in: api)
        object["input_schema"] = arguments
        if let response { object["response_schema"] = response }
        if let examples = endpoint.examples { object["examples"] = examples }
        return object
    }

    /// One page of a list.
    static func page(_ items: [JSON], next: String? = nil) -> JSON {
        ["items": .array(items), "next_cursor": next.map { .string($0) } ?? .null]
    }

    /// The same of items that are JSON texts already.
    static func page(texts items: [[UInt8]], next: String?) -> [UInt8] {
        var output = Array("{\"items\":[".utf8)
        output.reserveCapacity(items.reduce(128) { $0 + $1.count + 1 })
        for (place, item) in items.enumerated() {
            if place > 0 { output.append(UInt8(ascii: ",")) }
            output += item
        }
        output += "],\"next_cursor\":".utf8
        (next.map { JSON.string($0) } ?? .null).write(into: &output)
        output.append(UInt8(ascii: "}"))
        return output
    }
}
