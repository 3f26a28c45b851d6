import NIOHTTP1
import ReverseHTTP

/// Gathers a request's head, and then its trailers, line by line, and says where its body ends. Every name and every value
/// becomes one string.
struct RequestHeadReader {
    enum Body {
        case none
        case length(Int)
        case chunked
    }

    private let limits: RequestDecoder.Limits
    private var method = HTTPMethod.GET
    private var target = ""
    private var version = HTTPVersion.http1_1
    private var fields: [(String, String)] = []
    private var fieldCount = 0
    private var framing = Framing()

    /// Most heads have fewer fields.
    private static let usualFields = 16

    init(_ limits: RequestDecoder.Limits) {
        self.limits = limits
    }

    /// Takes the request line (RFC 9112, section 3): method, target and version, with one blank between them.
    mutating func start(_ line: UnsafeRawBufferPointer) throws(RequestFault) {
        guard let line = line.withoutCRLF else { throw .notHTTP }
        var space = 0
        while space < line.count, FieldSyntax.isTokenByte(line[space]) { space &+= 1 }
        guard space > 0, space < line.count, line[space] == 0x20 else { throw .notHTTP }
        // The version has a length of its own, and a blank in the target makes the target malformed.
        let versionStart = line.count - Self.http11.utf8CodeUnitCount
        guard versionStart > space + 1, line[versionStart - 1] == 0x20 else { throw .notHTTP }
        version = try Self.version(UnsafeRawBufferPointer(rebasing: line[versionStart...]))
        let target = UnsafeRawBufferPointer(rebasing: line[(space + 1)..<(versionStart - 1)])
        guard target.count <= limits.fieldBytes else { throw .tooLarge }
        let name = UnsafeRawBufferPointer(rebasing: line[..<space])
        method = Self.method(name)
        guard Self.isTarget(target, of: method) else { throw .target }
        self.target = String(decoding: target, as: UTF8.self)
        fields.reserveCapacity(Self.usualFields)
    }

    /// Takes a field's line. Folded lines are malformed (RFC 9112, section 5.2).
    mutating func add(_ line: UnsafeRawBufferPointer) throws(RequestFault) {
        guard let line = line.withoutCRLF, let field = FieldLine(line) else { throw .field }
        fieldCount += 1
        guard fieldCount <= limits.fields, field.name.count <= limits.fieldBytes, field.value.count <= limits.fieldBytes
        else { throw .tooLarge }
        switch field.name.count {
        case 14 where FieldKind.equals(field.name, "content-length"): framing.addLength(field.value)
        case 17 where FieldKind.equals(field.name, "transfer-encoding"): framing.addCoding(field.value)
        default: break
        }
        fields.append((String(decoding: field.name, as: UTF8.self), Self.text(field.value)))
    }

    private static func text(_ value: UnsafeRawBufferPointer) -> String {
        // Which nearly all are; the general way asks the runtime about types.
        if FieldSyntax.isASCII(value) { return String(decoding: value, as: UTF8.self) }
        return FieldText.string(value.assumingMemoryBound(to: UInt8.self))
    }

    /// Where the body ends (RFC 9112, section 6.3).
    func body() throws(RequestFault) -> Body {
        if framing.codings > 0 {
            guard framing.lengths == 0 else { throw .lengthBesideCoding }
            guard framing.codings == 1, framing.isChunked else {
                throw framing.codings == 1 && framing.endsInChunked ? .unknownCoding : .coding
            }
            return .chunked
        }
        guard framing.lengths > 0 else { return .none }
        guard framing.lengths == 1 else { throw .lengths }
        guard let length = framing.length else { throw .length }
        return length == 0 ? .none : .length(length)
    }

    /// The head; what is added from now on are trailers.
    mutating func take() -> HTTPRequestHead {
        let head = HTTPRequestHead(version: version, method: method, uri: target, headers: HTTPHeaders(fields))
        fields = []
        return head
    }

    var trailers: HTTPHeaders? { fields.isEmpty ? nil : HTTPHeaders(fields) }

    // MARK: the request line

    private static let http11: StaticString = "HTTP/1.1"

    private static func version(_ text: UnsafeRawBufferPointer) throws(RequestFault) -> HTTPVersion {
        if matches(text, http11) { return .http1_1 }
        guard text[..<5].elementsEqual("HTTP/".utf8), text[6] == UInt8(ascii: ".") else { throw .notHTTP }
        switch (text[5], text[7]) {
        case (UInt8(ascii: "1"), UInt8(ascii: "0")): return .http1_0
        // HTTP/2's preface, and what never had a version: those do not understand an answer of HTTP/1.1.
        case (UInt8(ascii: "2"), UInt8(ascii: "0")), (UInt8(ascii: "0"), _): throw .notHTTP
        case (UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "0")...UInt8(ascii: "9")): throw .version
        default: throw .notHTTP
        }
    }

    private static func method(_ name: UnsafeRawBufferPointer) -> HTTPMethod {
        switch name.count {
        case 3 where matches(name, "GET"): .GET
        case 3 where matches(name, "PUT"): .PUT
        case 4 where matches(name, "POST"): .POST
        case 4 where matches(name, "HEAD"): .HEAD
        case 5 where matches(name, "PATCH"): .PATCH
        case 6 where matches(name, "DELETE"): .DELETE
        case 7 where matches(name, "OPTIONS"): .OPTIONS
        default: HTTPMethod(rawValue: String(decoding: name, as: UTF8.self))
        }
    }

    private static func matches(_ name: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
        for index in name.indices where name[index] != text.utf8Start[index] { return false }
        return true
    }

    /// A path; the whole URL, as a client says it to a proxy; `*` of OPTIONS; or CONNECT's authority (RFC 9112, section
    /// 3.2).
    private static func isTarget(_ target: UnsafeRawBufferPointer, of method: HTTPMethod) -> Bool {
        guard let first = target.first, FieldSyntax.isVisible(target) else { return false }
        if method == .CONNECT { return !target.contains(UInt8(ascii: "/")) }
        if first == UInt8(ascii: "/") { return true }
        if first == UInt8(ascii: "*") { return target.count == 1 && method == .OPTIONS }
        guard let colon = target.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return false }
        return target[..<colon].allSatisfy { $0 | 0x20 >= UInt8(ascii: "a") && $0 | 0x20 <= UInt8(ascii: "z") }
            && target[colon...].starts(with: "://".utf8) && target.count > colon + 3
    }
}
