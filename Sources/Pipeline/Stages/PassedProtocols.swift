import Failure
import NIOHTTP1

/// Stage: raw requests that ask for more than one request and one answer.
extension Pipeline {
    /// - Throws: `NOT_IMPLEMENTED` for WebSocket (RFC 6455) and gRPC, which would fail further on without a reason.
    static func checkProtocol(_ headers: HTTPHeaders) throws(CallFailure) {
        let asksForUpgrade = headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
        let upgrades = headers[canonicalForm: "upgrade"].map { $0.lowercased() }
        if asksForUpgrade && upgrades.contains("websocket") || headers.contains(name: "sec-websocket-key") {
            throw CallFailure(
                .notImplemented, stage: .policy,
                detail: "WebSocket connections are not passed on. Call the API's HTTP endpoints instead.")
        }
        let type = headers.first(name: "content-type")?.lowercased() ?? ""
        // A gRPC client says that it takes trailers, without which a call has no status. gRPC-Web needs no more than
        // HTTP/1.1 and passes.
        let takesTrailers = headers[canonicalForm: "te"].contains { $0.lowercased() == "trailers" }
        if takesTrailers, type.hasPrefix("application/grpc"), !type.hasPrefix("application/grpc-web") {
            throw CallFailure(
                .notImplemented, stage: .policy,
                detail: "gRPC calls are not passed on. Call the API over HTTP with JSON, or with gRPC-Web.")
        }
    }
}
