import EgressPolicy
import NIOHTTP1

/// The last look at a request before it is sent (S7), and its fields as libcurl takes them.
struct RequestFields {
    /// `Name: value` each, or what keeps libcurl from adding a field of its own.
    let lines: [String]

    /// Fields that say how the message is framed and forwarded, or to whom: they are made anew for each connection, so
    /// that nothing in them can differ from what is done (RFC 9110, section 7.6.1; RFC 9112, section 6).
    private static let own: Set<String> = [
        "host", "content-length", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "upgrade",
        "http2-settings", "expect", "proxy-authorization",
    ]

    /// - Throws: `.requestMalformed` for what could be read as more than one request or field.
    init(_ request: EgressRequest) throws(EgressError) {
        guard Self.isMethod(request.method, request.body), Self.isTarget(request.target) else {
            throw EgressError(.requestMalformed)
        }
        var lines: [String] = []
        var hasAccept = false
        for (name, value) in request.headers {
            guard !name.isEmpty, name.utf8.allSatisfy(\.isToken), value.utf8.allSatisfy(\.isFieldByte) else {
                throw EgressError(.requestMalformed)
            }
            let lowered = name.lowercased()
            if Self.own.contains(lowered) { continue }
            hasAccept = hasAccept || lowered == "accept"
            // libcurl's way to write a field with an empty value.
            lines.append(value.isEmpty ? "\(name);" : "\(name): \(value)")
        }
        if !hasAccept { lines.append("Accept:") }
        lines.append("Expect:")
        if case .none = request.body, ["POST", "PUT", "PATCH"].contains(request.method) {
            lines.append("Content-Length: 0")
        }
        if case .streamed(let length?, _) = request.body, length < 0 { throw EgressError(.requestMalformed) }
        self.lines = lines
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

extension UInt8 {
    /// `tchar` of RFC 9110, section 5.6.2.
    var isToken: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"),
            UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// `field-vchar`, space or tab of RFC 9110, section 5.5.
    var isFieldByte: Bool { self >= 0x20 && self != 0x7f || self == 0x09 }
}
