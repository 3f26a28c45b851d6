/// A path of the relay's API: segments of any text, escaped (RFC 3986, section 3.3).
struct RelayPath: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    private(set) var description: String

    /// A fixed path, as in `/v1/apis`.
    init(stringLiteral value: String) {
        description = value
    }

    /// A verb on a resource, as in `/v1/apis/crm:test`.
    func verb(_ name: StaticString) -> RelayPath {
        var path = self
        path.description += ":\(name)"
        return path
    }

    static func / (path: RelayPath, segment: String) -> RelayPath {
        var path = path
        path.description += "/" + escaped(segment)
        return path
    }

    func query(_ name: String, _ value: String) -> RelayPath {
        var path = self
        path.description += (description.contains("?") ? "&" : "?") + Self.escaped(name) + "=" + Self.escaped(value)
        return path
    }

    private static func escaped(_ text: String) -> String {
        var result = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            case UInt8(ascii: ".") where text != "." && text != "..":
                result.append(".")
            default:
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }
        return result
    }
}
