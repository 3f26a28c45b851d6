package import Audit
package import NIOCore
package import NIOHTTP1

/// A way to an API: through its user's tunnel, or directly.
package protocol Route: Sendable {
    /// Sends one request and returns the answer as soon as its head is known.
    ///
    /// `handle` gets the answer; when it returns or throws, whatever is left of the exchange is given up, and so it is
    /// when the task is cancelled.
    ///
    /// - Throws: ``CallFailure`` where the API has not answered.
    func send<Result: Sendable>(
        _ request: OutboundRequest, watch: CallerWatch, handle: (InboundResponse) async throws -> Result
    ) async throws -> Result

    /// Tries the way that a request would take, without calling the API.
    ///
    /// - Parameters:
    ///   - request: names method and target as they are judged. Nothing else of it leaves; it has no body.
    ///   - depth: how much of the way is tried.
    /// - Throws: ``CallFailure``, as the request itself would have failed.
    func probe(_ request: OutboundRequest, _ depth: ProbeDepth, watch: CallerWatch) async throws -> ProbeAnswer
}

/// How much of the way to an API a probe tries.
package enum ProbeDepth: Sendable, Hashable {
    /// Whether the connector's own policy allows the request. On the direct route there is none to ask.
    case policy
    /// Also whether the API's name resolves, and a connection comes up: TCP, and TLS where it is HTTPS.
    case connect
}

/// What became of a probe that did not fail.
package enum ProbeAnswer: Sendable, Hashable {
    /// All that was tried is well.
    case passed(ProbePassed)
    /// The connector is of a version that would take it for a call: it was not asked.
    case notUnderstood
}

package struct ProbePassed: Sendable, Hashable {
    package var route: AuditRecord.Route
    /// When the certificate that the API showed ends, where it was just seen: microseconds since 1970.
    package var certificateEnds: Int64?

    package init(route: AuditRecord.Route, certificateEnds: Int64? = nil) {
        self.route = route
        self.certificateEnds = certificateEnds
    }
}

/// An API's answer.
package struct InboundResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: InboundBody
    /// How it came, for the audit.
    package var route: AuditRecord.Route
    /// When the certificate that the API showed ends, where it was just seen: microseconds since 1970.
    package var certificateEnds: Int64?

    package init(status: Int, headers: HTTPHeaders, body: InboundBody, route: AuditRecord.Route) {
        self.status = status
        self.headers = headers
        self.body = body
        self.route = route
    }
}

/// An answer's body.
package enum InboundBody: Sendable {
    /// It has arrived whole.
    case whole(ByteBuffer?)
    /// It is still coming. Asking for more says that what was handed over has left; nil is the end.
    case streamed(next: @Sendable () async throws -> ByteBuffer?)
}
