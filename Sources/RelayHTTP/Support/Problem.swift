package import Failure

/// A failure as the API answers it: one `application/problem+json` document (RFC 9457).
package struct Problem: Sendable, Hashable {
    package static let mediaType = "application/problem+json"

    package var failure: CallFailure
    package var requestID: String

    package init(_ failure: CallFailure, requestID: String) {
        self.failure = failure
        self.requestID = requestID
    }

    /// The HTTP status to answer with.
    package var status: Int { failure.code.status }

    /// The document, with its members in the order the interface shows them.
    ///
    /// - Parameter status: another status than the code's, where HTTP itself has a better one.
    package func bytes(status: Int? = nil) -> [UInt8] {
        var writer = ProblemWriter()
        writer.member("type", failure.code.type)
        writer.member("title", failure.title)
        writer.member("status", status ?? self.status)
        writer.member("code", failure.code.rawValue)
        writer.member("stage", failure.stage?.rawValue)
        writer.member("retryable", failure.isRetryable)
        writer.member("retry_after_s", failure.retryAfter)
        writer.member("sent", failure.sent)
        writer.member("upstream_status", failure.upstreamStatus)
        writer.member("request_id", requestID)
        writer.member("detail", failure.detail)
        writer.member("resolution", failure.resolution)
        if let body = failure.upstreamBody { writer.member("upstream_body", body) }
        if !failure.violations.isEmpty { writer.member("violations", failure.violations) }
        return writer.finished()
    }
}

/// Writes one flat JSON object.
private struct ProblemWriter {
    private var bytes: [UInt8] = []

    init() {
        bytes.reserveCapacity(512)
        bytes.append(UInt8(ascii: "{"))
    }

    mutating func member(_ name: String, _ value: String?) {
        key(name)
        if let value { string(value) } else { raw("null") }
    }

    mutating func member(_ name: String, _ value: Int?) {
        key(name)
        raw(value.map { String($0) } ?? "null")
    }

    mutating func member(_ name: String, _ value: Bool) {
        key(name)
        raw(value ? "true" : "false")
    }

    mutating func member(_ name: String, _ violations: [CallFailure.Violation]) {
        key(name)
        raw("[")
        for (index, violation) in violations.enumerated() {
            raw(index == 0 ? "{\"pointer\":" : ",{\"pointer\":")
            string(violation.pointer)
            raw(",\"message\":")
            string(violation.message)
            raw("}")
        }
        raw("]")
    }

    mutating func finished() -> [UInt8] {
        raw("}")
        return bytes
    }

    private mutating func key(_ name: String) {
        if bytes.count > 1 { raw(",") }
        string(name)
        raw(":")
    }

    private mutating func raw(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }

    /// RFC 8259, section 7.
    private mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0x0A: raw("\\n")
            case 0x0D: raw("\\r")
            case 0x09: raw("\\t")
            case 0..<0x20:
                raw("\\u00")
                bytes.append(Self.hex[Int(byte >> 4)])
                bytes.append(Self.hex[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static let hex = Array("0123456789abcdef".utf8)
}
