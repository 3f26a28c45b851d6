import NIOCore
import NIOHTTP1
import Value
import Vault

/// Stage: what an API's answer amounts to.
enum Judge {
    /// What is kept of an error's body, in bytes.
    static let errorBodyLimit = 8 << 10

    /// The failure that an upstream status stands for; nil for success.
    static func failure(status: Int, headers: HTTPHeaders, body: ByteBuffer?) -> Failure? {
        guard status >= 300 || status < 200 else { return nil }
        let text = body.flatMap { sanitised($0, headers) }
        switch status {
        case 401, 403:
            return Failure(
                .authenticationFailed, stage: .origin, detail: "The API answered \(status).", sent: true,
                upstreamStatus: status)
        case 404, 405, 410:
            return Failure(
                .endpointNotFound, stage: .origin, detail: "The API answered \(status).", sent: true,
                upstreamStatus: status, upstreamBody: text)
        case 429:
            return Failure(
                .rateLimited, stage: .origin, detail: "The API has had too many requests.",
                retryAfter: headers.first(name: "retry-after").flatMap { Int($0) }.map { min(max($0, 0), 86_400) },
                sent: true, upstreamStatus: status)
        default:
            return Failure(
                .upstreamError, stage: .origin, detail: "The API answered \(status).", isRetryable: status >= 500,
                sent: true, upstreamStatus: status, upstreamBody: text)
        }
    }

    /// Text that may be shown: UTF-8 without control characters, cut at the limit.
    private static func sanitised(_ body: ByteBuffer, _ headers: HTTPHeaders) -> String? {
        guard headers["content-encoding"].allSatisfy({ $0.lowercased() == "identity" }) else { return nil }
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
    static func data(_ body: ByteBuffer?, _ headers: HTTPHeaders, warnings: inout [String]) -> [UInt8] {
        guard let body, body.readableBytes > 0 else { return Array("null".utf8) }
        let type = headers.first(name: "content-type") ?? ""
        let media = type.prefix { $0 != ";" }.lowercased().filter { $0 != " " }
        let bytes = Array(body.readableBytesView)
        if media.hasSuffix("/json") || media.hasSuffix("+json") || media.isEmpty {
            if (try? JSON.parse(bytes)) != nil { return bytes }
            if !media.isEmpty { warnings.append("The API's answer says it is JSON, and is not.") }
        }
        if media.hasPrefix("text/") || media.isEmpty || media.hasSuffix("/json") || media.hasSuffix("+json")
            || media.hasSuffix("/xml") || media.hasSuffix("+xml") || media == "application/x-www-form-urlencoded",
            let text = String(validating: bytes, as: UTF8.self)
        {
            return JSON.string(text).bytes()
        }
        let object: JSON = [
            "content_type": .string(String(media)),
            "base64": .string(String(decoding: Base64.encode(bytes), as: UTF8.self)),
        ]
        return object.bytes()
    }
}
