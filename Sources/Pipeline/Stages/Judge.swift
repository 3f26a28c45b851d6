import Failure
import NIOCore
import NIOHTTP1
import Registry
import Value
import Vault

/// Stage: what an API's answer amounts to.
enum Judge {
    /// What is kept of an error's body, in bytes.
    static let errorBodyLimit = 8 << 10

    /// The code that an error status of an API stands for; nil for success and redirection. What a tool call fails with, a
    /// raw call is recorded as, although its answer is passed on.
    ///
    /// - Parameter isRateLimited: whether the API says that it has had too many requests, which 403 alone does not say.
    static func code(ofError status: Int, isRateLimited: Bool) -> ErrorCode? {
        switch status {
        case ..<400: nil
        case 403 where isRateLimited: .rateLimited
        case 401, 403: .authenticationFailed
        case 404, 405, 410: .endpointNotFound
        case 429: .rateLimited
        default: .upstreamError
        }
    }

    /// The failure that an upstream status stands for; nil for success.
    static func failure(of answer: CollectedAnswer) -> CallFailure? {
        let status = answer.status
        guard status >= 300 || status < 200 else { return nil }
        let retryAfter = answer.retryAfter.map { Int($0.nanoseconds / 1_000_000_000) }
        switch status {
        case 403 where answer.isRateLimited:
            return CallFailure(
                .rateLimited, stage: .origin,
                detail: "The API answered 403 and says that it has had too many requests.",
                retryAfter: retryAfter, sent: true, upstreamStatus: status, upstreamBody: sanitised(answer.body))
        case 401, 403:
            return CallFailure(
                .authenticationFailed, stage: .origin, detail: "The API answered \(status).", sent: true,
                upstreamStatus: status, upstreamBody: sanitised(answer.body))
        case 404, 405, 410:
            return CallFailure(
                .endpointNotFound, stage: .origin, detail: "The API answered \(status).", sent: true,
                upstreamStatus: status, upstreamBody: sanitised(answer.body))
        case 429:
            return CallFailure(
                .rateLimited, stage: .origin, detail: "The API has had too many requests.",
                retryAfter: retryAfter, sent: true, upstreamStatus: status, upstreamBody: sanitised(answer.body))
        default:
            return CallFailure(
                .upstreamError, stage: .origin, detail: "The API answered \(status).", isRetryable: status >= 500,
                retryAfter: status == 503 ? retryAfter : nil,
                sent: true, upstreamStatus: status, upstreamBody: sanitised(answer.body))
        }
    }

    /// Whether an answer's head says that the API has had too many requests: some say so with 403, which otherwise means
    /// that the credential may not do this.
    ///
    /// - Parameter retryAfter: what `Retry-After` asks for.
    static func isRateLimit(_ status: Int, _ headers: HTTPHeaders, retryAfter: TimeAmount?) -> Bool {
        guard status == 403 else { return status == 429 }
        return retryAfter != nil
            || ["x-ratelimit-remaining", "x-rate-limit-remaining", "ratelimit-remaining"]
                .contains { headers[$0].contains("0") }
    }

    /// Whether the text of a 403 says it.
    static func isRateLimit(_ status: Int, text: ByteBuffer) -> Bool {
        guard status == 403 else { return false }
        let words = String(decoding: text.readableBytesView.prefix(errorBodyLimit), as: UTF8.self).lowercased()
        return [
            "rate limit", "rate-limit", "rate_limit", "ratelimit", "too many requests", "throttl", "quota exceeded",
        ]
        .contains { words.contains($0) }
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
    ///
    /// JSON under another name is taken for JSON where the endpoint's schema wants something else than a string.
    ///
    /// - Parameter schema: the endpoint's, where it has one.
    static func data(of answer: CollectedAnswer, schema: EndpointSchema? = nil, warnings: inout [String]) -> JudgedData
    {
        guard answer.body.readableBytes > 0 else { return JudgedData(bytes: Array("null".utf8), json: nil) }
        let type = answer.headers.first(name: "content-type") ?? ""
        let media = MediaType(type)
        let bytes = Array(answer.body.readableBytesView)
        if media.isJSON || media.essence.isEmpty {
            if let data = parsed(bytes) { return data }
            if media.isJSON { warnings.append("The API's answer says it is JSON, and is not.") }
        }
        let text = media.isText ? String(validating: bytes, as: UTF8.self) : nil
        if let schema, !media.isJSON, text.map({ !schema.mismatches(of: .string($0), limit: 1).isEmpty }) ?? true,
            let data = parsed(bytes)
        {
            return data
        }
        if let text {
            return JudgedData(bytes: JSON.string(text).bytes(), json: media.isJSON ? nil : .string(text))
        }
        let object: JSON = [
            "content_type": .string(type),
            "base64": .string(String(decoding: Base64.encode(bytes), as: UTF8.self)),
        ]
        return JudgedData(bytes: object.bytes(), json: nil)
    }

    /// JSON as it came where any reader can read it, and else written anew.
    private static func parsed(_ bytes: [UInt8]) -> JudgedData? {
        if let json = try? JSON.parse(bytes) { return JudgedData(bytes: bytes, json: json, isParsed: true) }
        guard let json = try? JSON.parse(bytes, limits: .lenient) else { return nil }
        return JudgedData(bytes: json.bytes(), json: json, isParsed: true)
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
