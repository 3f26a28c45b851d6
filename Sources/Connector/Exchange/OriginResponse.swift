import NIOHTTP1
import ReverseHTTP

/// An origin's response head as the tunnel gets it, once it is known to say unambiguously where its body ends.
struct OriginResponse {
    enum Framing: Equatable {
        /// No body, whatever the header says (HEAD, 204, 304), or a length of 0.
        case none
        case length(Int)
        case chunked
        /// Until the connection ends: such a connection carries nothing else.
        case untilClose
    }

    let head: ResponseHead
    let framing: Framing
    /// Whether the connection may carry another exchange after this one.
    let isReusable: Bool

    /// What the tunnel carries of one header list (RFC 9113, section 6.5.2).
    static let headerLimit = 64 << 10

    /// - Throws: ``Failure`` for a head that two readers could understand differently (RFC 9112, section 6.3).
    init(_ response: HTTPResponseHead, method: HTTPMethod) throws(Failure) {
        let status = Int(response.status.code)
        guard status != 101 else { throw Failure(.httpProtocol, "the origin switched protocols unasked") }
        guard response.version == .http1_1 || response.version == .http1_0 else {
            throw Failure(.httpProtocol, "unknown HTTP version")
        }
        var fields: [(String, String)] = []
        fields.reserveCapacity(response.headers.count)
        var length: String?
        var encoding: String?
        var nominated: [Substring] = []
        var size = 0
        for (name, value) in response.headers {
            switch FieldKind.of(name) {
            case .endToEnd, .host:
                size += name.utf8.count + value.utf8.count + 32
                fields.append((name, Self.trimmed(value)))
            case .contentLength:
                guard length == nil else { throw Failure(.httpProtocol, "more than one content-length") }
                length = value
                fields.append((name, value))
            case .transferEncoding:
                guard encoding == nil else { throw Failure(.httpProtocol, "more than one transfer-encoding") }
                encoding = value
            case .connection:
                // What nearly every origin says names a field that is dropped anyway.
                if !FieldKind.isNamed(value, "keep-alive") { nominated += FieldKind.tokens(value) }
            case .dropped, .tunnel:
                break
            }
        }
        guard size < Self.headerLimit else { throw Failure(.headerTooLarge) }
        framing = try Self.framing(
            status: status, isHTTP10: response.version == .http1_0, method: method, length: length, encoding: encoding)
        for name in nominated where !name.isEmpty { fields.removeAll { FieldKind.isSame($0.0, as: name) } }
        head = ResponseHead(status: status, headers: HTTPHeaders(fields))
        isReusable = response.version == .http1_1 && framing != .untilClose && response.isKeepAlive
    }

    private static func framing(
        status: Int, isHTTP10: Bool, method: HTTPMethod, length: String?, encoding: String?
    ) throws(Failure) -> Framing {
        var count: Int?
        if let length {
            guard let number = OriginRequest.length(length) else {
                throw Failure(.httpProtocol, "content-length is no number")
            }
            count = number
        }
        if let encoding {
            guard length == nil else { throw Failure(.httpProtocol, "content-length beside transfer-encoding") }
            guard FieldKind.isNamed(encoding, "chunked"), !isHTTP10 else {
                throw Failure(.httpProtocol, "transfer-encoding is not chunked alone")
            }
        }
        if method == .HEAD || status == 204 || status == 304 { return .none }
        if encoding != nil { return .chunked }
        if let count { return count == 0 ? .none : .length(count) }
        // An HTTP/1.0 body that ends with the connection cannot be told from one cut short.
        guard !isHTTP10 else { throw Failure(.httpProtocol, "an HTTP/1.0 body without a length") }
        return .untilClose
    }

    /// HTTP/2 takes no space behind a value (RFC 9113, section 8.2.1), which HTTP/1.1 allows.
    private static func trimmed(_ value: String) -> String {
        guard let last = value.utf8.last, last == 0x20 || last == 0x09 else { return value }
        return String(value.dropLast(value.utf8.reversed().prefix { $0 == 0x20 || $0 == 0x09 }.count))
    }

    /// Trailers that may go on.
    static func trailers(_ trailers: HTTPHeaders?) -> HTTPHeaders? {
        guard let trailers, !trailers.isEmpty else { return nil }
        let kept = trailers.filter { FieldKind.of($0.name) == .endToEnd }
        return kept.isEmpty ? nil : HTTPHeaders(kept.map { ($0.name, $0.value) })
    }
}
