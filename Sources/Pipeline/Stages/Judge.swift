import NIOCore
import NIOHTTP1
import Value
import Vault

/// Stage: what an API's answer amounts to.
enum Judge {
    /// What is kept of an error's body, in bytes.
    static let errorBodyLimit = 8 << 10

    /// The code that an error status of an API stands for; nil for success and redirection. What a tool call fails with, a
    /// raw call is recorded as, although its answer is passed on.
    static func code(ofError status: Int) -> ErrorCode? {
        switch status {
        case ..<400: nil
        case 401, 403: .authenticationFailed
        case 404, 405, 410: .endpointNotFound
        case 429: .rateLimited
        default: .upstreamError
        }
    }

    /// The failure that an upstream status stands for; nil for success.
    static func failure(of answer: CollectedAnswer) -> Failure? {
        let status = answer.status
        guard status >= 300 || status < 200 else { return nil }
        switch status {
        case 401, 403:
            return Failure(
                .authenticationFailed, stage: .origin, detail: "The API answered \(status).", sent: true,
                upstreamStatus: status)
        case 404, 405, 410:
            return Failure(
                .endpointNotFound, stage: .origin, detail: "The API answered \(status).", sent: true,
                upstreamStatus: status, upstreamBody: sanitised(answer.body))
        case 429:
            return Failure(
                .rateLimited, stage: .origin, detail: "The API has had too many requests.",
                retryAfter: answer.retryAfter.map { Int($0.nanoseconds / 1_000_000_000) }, sent: true,
                upstreamStatus: status)
        default:
            return Failure(
                .upstreamError, stage: .origin, detail: "The API answered \(status).", isRetryable: status >= 500,
                retryAfter: status == 503 ? answer.retryAfter.map { Int($0.nanoseconds / 1_000_000_000) } : nil,
                sent: true, upstreamStatus: status, upstreamBody: sanitised(answer.body))
        }
    }

    /// Text that may be shown: UTF-8 without control characters, cut at the limit.
    private static func sanitised(_ body: ByteBuffer) -> String? {
        let bytes = body.readableBytesView.prefix(errorBodyLimit)
        let text = String(decoding: bytes, as: UTF8.self)
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars
        where scalar.value >= 0x20 && scalar.value != 0x7f || scalar == "\n" || scalar == "\t" {
            scalars.append(scalar)
        }
        var result = String(scalars)
        // Replacing broken bytes can only have made it longer.
        while result.utf8.count > errorBodyLimit { result.removeLast() }
        return result.isEmpty ? nil : result
    }

    /// A tool call's data as JSON: JSON as it came, text as a string, anything else in base64.
    static func data(of answer: CollectedAnswer, warnings: inout [String]) -> JudgedData {
        guard answer.body.readableBytes > 0 else { return JudgedData(bytes: Array("null".utf8), json: nil) }
        let type = answer.headers.first(name: "content-type") ?? ""
        let media = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        let bytes = Array(answer.body.readableBytesView)
        let isJSON = media.hasSuffix("/json") || media.hasSuffix("+json")
        if isJSON || media.isEmpty {
            if let json = try? JSON.parse(bytes) { return JudgedData(bytes: bytes, json: json, isParsed: true) }
            if !media.isEmpty { warnings.append("The API's answer says it is JSON, and is not.") }
        }
        if isJSON || media.isEmpty || media.hasPrefix("text/") || media.hasSuffix("/xml") || media.hasSuffix("+xml")
            || media == "application/x-www-form-urlencoded" || media == "application/javascript",
            let text = String(validating: bytes, as: UTF8.self)
        {
            return JudgedData(bytes: JSON.string(text).bytes(), json: isJSON ? nil : .string(text))
        }
        let object: JSON = [
            "content_type": .string(String(media)),
            "base64": .string(String(decoding: Base64.encode(bytes), as: UTF8.self)),
        ]
        return JudgedData(bytes: object.bytes(), json: nil)
    }
}

/// An answer's data, as one JSON value.
struct JudgedData {
    /// Serialised.
    let bytes: [UInt8]
    /// What a schema is held against; nil where the body is none that a schema could describe.
    let json: JSON?
    /// Whether the body itself was JSON.
    var isParsed = false
}
