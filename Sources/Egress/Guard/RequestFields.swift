import NIOCore

/// The last look at a request before it is sent (S7), and its fields as libcurl takes them.
struct RequestFields: Sendable {
    /// `Name: value` each, or what keeps libcurl from adding a field of its own; each ends with a NUL.
    private(set) var bytes: [UInt8] = []
    /// How many lines ``bytes`` holds.
    private(set) var count = 0

    /// - Throws: `.requestMalformed` for what could be read as more than one request or field.
    init(_ request: EgressRequest) throws(EgressError) {
        guard Self.isMethod(request.method, request.body), Self.isTarget(request.target) else {
            throw EgressError(.requestMalformed)
        }
        bytes.reserveCapacity(512)
        var hasAccept = false
        for (name, value) in request.headers {
            let start = bytes.count
            bytes.append(contentsOf: name.utf8)
            let end = bytes.count
            // libcurl's way to write a field with an empty value is a semicolon.
            bytes.append(value.isEmpty ? UInt8(ascii: ";") : UInt8(ascii: ":"))
            if !value.isEmpty { bytes.append(UInt8(ascii: " ")) }
            let valueStart = bytes.count
            bytes.append(contentsOf: value.utf8)
            let (isValid, isOwn, isAccept) = bytes.withUnsafeBytes { bytes in
                let name = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
                let isValid =
                    !name.isEmpty && name.allSatisfy(\.isToken) && bytes[valueStart...].allSatisfy(\.isFieldByte)
                return (isValid, Self.own.contains { name.isName($0) }, name.isName("accept"))
            }
            guard isValid else { throw EgressError(.requestMalformed) }
            if isOwn {
                bytes.removeSubrange(start...)
                continue
            }
            hasAccept = hasAccept || isAccept
            bytes.append(0)
            count += 1
        }
        if !hasAccept { append("Accept:") }
        // libcurl adds the field to a body, and never to these.
        if case .none = request.body, request.method == "GET" || request.method == "HEAD" {} else { append("Expect:") }
        if case .none = request.body, ["POST", "PUT", "PATCH"].contains(request.method) { append("Content-Length: 0") }
        if let length = request.body.length, length < 0 { throw EgressError(.requestMalformed) }
    }

    /// The lines as text.
    var lines: [String] { bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) } }

    /// Fields that say how the message is framed and forwarded, or to whom: they are made anew for each connection, so
    /// that nothing in them can differ from what is done (RFC 9110, section 7.6.1; RFC 9112, section 6).
    private static let own: [StaticString] = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "upgrade",
        "http2-settings", "expect", "proxy-authorization",
    ]

    private mutating func append(_ line: StaticString) {
        bytes.append(contentsOf: UnsafeBufferPointer(start: line.utf8Start, count: line.utf8CodeUnitCount))
        bytes.append(0)
        count += 1
    }

    /// A CONNECT would turn the connection into raw bytes (S12), and libcurl takes no answer without a body to a request
    /// with one.
    private static func isMethod(_ method: String, _ body: EgressBody) -> Bool {
        guard !method.isEmpty, method.utf8.allSatisfy(\.isToken), method != "CONNECT" else { return false }
        if case .none = body { return true }
        return method != "HEAD"
    }

    /// Origin form, or the asterisk of a server-wide OPTIONS (RFC 9112, section 3.2).
    private static func isTarget(_ target: String) -> Bool {
        guard target.utf8.first == UInt8(ascii: "/") || target == "*" else { return false }
        return target.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "#") }
    }
}

extension EgressBody {
    /// Of a streamed body; nil where it is not known, or the body is not streamed.
    var length: Int? {
        switch self {
        case .none, .whole: nil
        case .streamed(let length, _), .pushed(let length): length
        }
    }

    /// Whether the body comes piece by piece, so that it is gone once it was sent.
    var isStreamed: Bool {
        switch self {
        case .none, .whole: false
        case .streamed, .pushed: true
        }
    }
}

extension UInt8 {
    /// `tchar` of RFC 9110, section 5.6.2: a bit for each.
    var isToken: Bool {
        switch self {
        case 0..<64: 0x03ff_6cfa_0000_0000 as UInt64 >> self & 1 == 1
        case 64..<128: 0x57ff_ffff_c7ff_fffe as UInt64 >> (self - 64) & 1 == 1
        default: false
        }
    }

    /// `field-vchar`, space or tab of RFC 9110, section 5.5.
    var isFieldByte: Bool { self >= 0x20 && self != 0x7f || self == 0x09 }
}

extension UnsafeRawBufferPointer {
    /// Whether these bytes are the field name `name`, which is lower-case, in any case.
    func isName(_ name: StaticString) -> Bool {
        guard count == name.utf8CodeUnitCount else { return false }
        for index in indices {
            let byte = self[index]
            let lowered = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
            guard lowered == name.utf8Start[index] else { return false }
        }
        return true
    }
}
