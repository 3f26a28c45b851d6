import NIOHTTP1

/// The field section that is being decoded on a stream: a request, a response, or trailers.
struct IncomingHead {
    var method = ""
    var scheme = ""
    var authority = ""
    var path = ""
    var status = 0
    var headers = HTTPHeaders()
    /// Size as RFC 9113, section 6.5.2 counts it: name and value and 32 bytes a field.
    var listSize = 0
    /// A final head was seen: what follows is trailers.
    var isComplete = false

    /// Room for what most heads come to, made at once rather than in several steps.
    private static let usualFields = 12

    /// Takes one field; false when the list grew over `limit`.
    mutating func add(
        name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, limit: Int
    ) -> Bool {
        listSize += name.count + value.count + 32
        guard listSize <= limit else { return false }
        let text = FieldText.string(value)
        guard name.first == UInt8(ascii: ":") else {
            if headers.isEmpty { headers.reserveCapacity(Self.usualFields) }
            headers.add(name: String(decoding: name, as: UTF8.self), value: text)
            return true
        }
        switch name.count {
        case 5: path = text
        case 10: authority = text
        default:
            switch name[1] {
            case UInt8(ascii: "m"): method = text
            case UInt8(ascii: "s") where name[2] == UInt8(ascii: "c"): scheme = text
            case UInt8(ascii: "s"): status = Self.status(value)
            default: break
            }
        }
        return true
    }

    mutating func startSection() {
        headers = HTTPHeaders()
        listSize = 0
        status = 0
    }

    /// Three digits; 0 for anything else, which is no status.
    private static func status(_ digits: UnsafeBufferPointer<UInt8>) -> Int {
        guard digits.count == 3, digits.allSatisfy({ $0 &- UInt8(ascii: "0") < 10 }) else { return 0 }
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}
