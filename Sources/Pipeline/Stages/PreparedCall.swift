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

/// A request that may be sent, and what is to be done with its answer.
struct PreparedCall: Sendable {
    enum Kind: Sendable {
        /// The answer is collected and held against the endpoint's schema.
        ///
        /// - warnings: what the arguments' schema says of them that does not refuse them.
        case tool(CompiledEndpoint, warnings: [String])
        /// The answer is passed on.
        ///
        /// - responseHeaders: that the endpoint's answers carry beside the usual ones.
        /// - prefix: path of the API's base URL.
        case raw(responseHeaders: [String], prefix: String)
    }

    let api: CompiledAPI
    var request: OutboundRequest
    let sendsCredential: Bool
    let kind: Kind
    /// What is wrong with a tool's arguments, to be said once the limits have been taken from.
    let invalid: CallFailure?
}
