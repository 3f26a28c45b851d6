import Failure
package import NIOCore
import Registry
package import Value

/// A tool call's arguments: as they came, or read already.
package enum ToolArguments: Sendable {
    /// The text of one JSON object; empty for one without members.
    case text(ByteBuffer)
    case value(JSON)

    /// How much there is to read.
    var bytes: Int {
        switch self {
        case .text(let text): text.readableBytes
        case .value: 0
        }
    }

    /// - Throws: `INVALID_REQUEST` where the text is not JSON.
    func json() throws(CallFailure) -> JSON {
        guard case .text(let text) = self else {
            guard case .value(let value) = self else { return .null }
            return value
        }
        guard text.readableBytes > 0 else { return .object(JSONObject()) }
        do throws(JSONParseError) {
            return try JSON.parse(text.readableBytesView)
        } catch {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "The arguments are not valid JSON: \(error)")
        }
    }
}

/// What a tool call's arguments come to.
struct PreparedCall: Sendable {
    let request: OutboundRequest
    /// What the arguments' schema says of them that does not refuse them.
    let warnings: [String]
    /// What is wrong with the arguments, to be said once the limits have been taken from.
    let invalid: CallFailure?
}

extension Pipeline {
    /// Reads, binds, validates and renders arguments, away from the event loop where there are many bytes of them.
    ///
    /// - Throws: `INVALID_REQUEST` where no request can be made of them.
    func prepare(
        _ arguments: ToolArguments, _ endpoint: CompiledEndpoint, of api: CompiledAPI, _ context: CallContext
    ) async throws -> PreparedCall {
        try await work.run(for: api.user, bytes: arguments.bytes) {
            let bound = try BoundArguments(try arguments.json(), for: endpoint, formats: api.argumentFormats)
            return PreparedCall(
                request: try self.render(bound, endpoint, of: api, context), warnings: bound.warnings,
                invalid: bound.invalid)
        }
    }
}
