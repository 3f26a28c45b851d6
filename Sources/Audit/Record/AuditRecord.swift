package import Failure

/// What is recorded of a call or of an administrative act (A). Names and templates only, never a value an agent sent,
/// a URL, a header or a secret.
package struct AuditRecord: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable {
        /// A whole call, written before its answer.
        case call
        /// A streamed call's start, durable before the response head.
        case begin
        /// A streamed call's end.
        case end
        /// One request on behalf of a call, where the call's own record does not tell of it: an attempt of a call that was
        /// sent more than once, a request to a token endpoint, or a probe of a connection test. Its parent is the call or
        /// the test.
        case attempt
        /// A change of users, tokens, tunnels, definitions or credentials.
        case admin
    }

    package typealias Route = CallRoute

    /// Time spent in one stage.
    package struct StageTime: Sendable, Hashable {
        package var stage: String
        package var microseconds: Int

        package init(_ stage: String, microseconds: Int) {
            self.stage = stage
            self.microseconds = microseconds
        }
    }

    /// On whose authority something was done: a person, an agent, a workload or an operator.
    package struct Principal: Sendable, Hashable {
        /// `person`, `agent`, `workload` or `operator`; later versions may add to these.
        package var kind: String
        /// The principal's identifier, unique within its kind.
        package var subject: String

        package init(kind: String, subject: String) {
            self.kind = kind
            self.subject = subject
        }
    }

    /// Whom the thing that was used or changed belongs to.
    package struct Owner: Sendable, Hashable {
        /// `user` or `organisation`.
        package var kind: String
        /// The owner's identifier, unique within its kind.
        package var id: String

        package init(kind: String, id: String) {
            self.kind = kind
            self.id = id
        }
    }

    package var kind: Kind
    /// Microseconds since 1970-01-01T00:00:00Z.
    package var time: Int64
    package var requestID: String
    /// The request id of what this is part of: for an attempt the call, for a call of a connection test the test.
    package var parent: String?
    package var user: String?
    package var token: String?
    package var apiID: String?
    package var apiSlug: String?
    package var endpoint: String?
    package var route: Route?
    /// `OK`, or the code of the error table; for a raw call the code that the API's status stands for.
    package var outcome: String
    /// Where it ended, when not `OK`.
    package var stage: String?
    package var method: String?
    /// The endpoint's path template, never the rendered path.
    package var pathTemplate: String?
    package var upstreamStatus: Int?
    /// Body bytes sent towards the origin.
    package var requestBytes: Int
    /// Body bytes received from the origin.
    package var responseBytes: Int
    package var times: [StageTime]
    /// How often a call was sent, where that is more than once: each time is an `attempt` of its own.
    package var attempts: Int?
    /// For `admin`: what was done, as `api.put`. For an attempt: `token.fetch`, where it is a request for a token,
    /// and `probe`, where the API was not called.
    package var action: String?
    /// For `admin`: the id of what it was done to.
    package var target: String?
    /// On whose authority it happened, where that is known beyond the token.
    package var principal: Principal?
    /// Whom the API, credential or other object belongs to.
    package var owner: Owner?
    /// The relay that recorded it, where there is more than one.
    package var node: String?
    /// The chain that another relay's record stands in, as 32 hexadecimal digits, where one record refers to another.
    package var chain: String?
    /// The id of the approval that let the call through.
    package var approval: String?

    package init(
        kind: Kind, time: Int64, requestID: String, parent: String? = nil, user: String? = nil, token: String? = nil,
        apiID: String? = nil,
        apiSlug: String? = nil, endpoint: String? = nil, route: Route? = nil, outcome: String, stage: String? = nil,
        method: String? = nil, pathTemplate: String? = nil, upstreamStatus: Int? = nil, requestBytes: Int = 0,
        responseBytes: Int = 0, times: [StageTime] = [], action: String? = nil, target: String? = nil
    ) {
        self.kind = kind
        self.time = time
        self.requestID = requestID
        self.parent = parent
        self.user = user
        self.token = token
        self.apiID = apiID
        self.apiSlug = apiSlug
        self.endpoint = endpoint
        self.route = route
        self.outcome = outcome
        self.stage = stage
        self.method = method
        self.pathTemplate = pathTemplate
        self.upstreamStatus = upstreamStatus
        self.requestBytes = requestBytes
        self.responseBytes = responseBytes
        self.times = times
        self.action = action
        self.target = target
    }
}
