import NIOCore
import NIOHTTP1

/// An answer's head, once it is whole and has passed.
struct ResponseHead: Sendable {
    var status: Int
    var version: HTTPVersion
    var headers: HTTPHeaders
    /// By Content-Length; nil where there is none, or no body.
    var contentLength: Int?
    /// False where no body can follow (RFC 9112, section 6.3).
    var hasBody: Bool
    /// The head promises a body that its status does not have: what may come of it is nobody's answer.
    var mayTrail: Bool
}

/// Reads the lines of an answer's head as libcurl gives them, and refuses what could be read in two ways (S11) or is
/// more than the limits (S10). libcurl itself takes the last of several lengths.
struct ResponseHeadParser {
    enum Event {
        case more
        case head(ResponseHead)
        case refused(EgressError.Kind)
    }

    private enum State {
        case statusLine, fields, trailers
    }

    private let isHead: Bool
    private var fieldsLeft: Int
    private var bytesLeft: Int
    private var state = State.statusLine
    private var status = 0
    private var version = HTTPVersion.http1_1
    private var headers: [(name: String, value: [UInt8])] = []

    /// - Parameters:
    ///   - method: the request's.
    ///   - fields: the most fields, over interim answers, head and trailers.
    ///   - bytes: the most bytes, over the same.
    init(method: String, fields: Int, bytes: Int) {
        isHead = method == "HEAD"
        fieldsLeft = fields
        bytesLeft = bytes
    }

    /// The status, where it is 600 or above and refused for that.
    var unknownStatus: Int? { status >= 600 ? status : nil }

    /// True from the final head's end on.
    var isDone: Bool { state == .trailers }

    /// Takes one line with its line end.
    mutating func take(_ line: UnsafeRawBufferPointer) -> Event {
        bytesLeft -= line.count
        guard bytesLeft >= 0 else { return .refused(.headersTooLarge) }
        var line = line
        if line.last == UInt8(ascii: "\n") { line = UnsafeRawBufferPointer(rebasing: line.dropLast()) }
        if line.last == UInt8(ascii: "\r") { line = UnsafeRawBufferPointer(rebasing: line.dropLast()) }
        switch state {
        case .statusLine:
            return statusLine(line) && status < 600 ? .more : .refused(.protocolError)
        case .fields where line.isEmpty: return end()
        case .trailers where line.isEmpty: return .more
        case .fields, .trailers:
            fieldsLeft -= 1
            guard fieldsLeft >= 0 else { return .refused(.headersTooLarge) }
            return field(line) ? .more : .refused(.protocolError)
        }
    }

    /// `HTTP/1.1 200 OK`, or libcurl's rendering of HTTP/2, `HTTP/2 200`.
    private mutating func statusLine(_ line: UnsafeRawBufferPointer) -> Bool {
        let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[1].count == 3 else { return false }
        switch String(decoding: parts[0], as: UTF8.self) {
        case "HTTP/1.0": version = .http1_0
        case "HTTP/1.1": version = .http1_1
        case "HTTP/2": version = .http2
        default: return false
        }
        status = 0
        for byte in parts[1] {
            guard byte >= 0x30, byte <= 0x39 else { return false }
            status = status * 10 + Int(byte - 0x30)
        }
        // Nothing was asked to be upgraded (S12).
        guard status >= 100, status != 101 else { return false }
        state = .fields
        return true
    }

    private mutating func field(_ line: UnsafeRawBufferPointer) -> Bool {
        if let first = line.first, first == 0x20 || first == 0x09 { return fold(line[...].trimmingBlanks) }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return false }
        let name = line[..<colon]
        let value = line[(colon + 1)...].trimmingBlanks
        // Also refuses a space before the colon (RFC 9112, section 5.1).
        guard name.allSatisfy(\.isToken), value.allSatisfy(\.isFieldByte) else { return false }
        if state == .fields {
            headers.append((String(decoding: name, as: UTF8.self), Array(value)))
        }
        return true
    }

    /// A folded line is its field's value behind a space (RFC 9112, section 5.2), but not where it would frame: readers
    /// that do not unfold would take another length.
    private mutating func fold(_ more: Slice<UnsafeRawBufferPointer>) -> Bool {
        guard more.allSatisfy(\.isFieldByte) else { return false }
        guard state == .fields else { return true }
        guard let last = headers.indices.last, !Self.framing.contains(headers[last].name.lowercased()) else {
            return false
        }
        if !more.isEmpty {
            if !headers[last].value.isEmpty { headers[last].value.append(0x20) }
            headers[last].value += more
        }
        return true
    }

    private static let framing: Set<String> = ["content-length", "transfer-encoding", "connection"]

    /// UTF-8 where the bytes are that, else ISO 8859-1, in which every byte is a character: none is lost.
    private static func text(_ bytes: [UInt8]) -> String {
        String(validating: bytes, as: UTF8.self)
            ?? String(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
    }

    private mutating func end() -> Event {
        guard status >= 200 else {
            state = .statusLine
            headers = []
            return .more
        }
        state = .trailers
        let headers = HTTPHeaders(headers.map { ($0.name, Self.text($0.value)) })
        self.headers = []
        let lengths = headers["content-length"]
        let codings = headers["transfer-encoding"]
        if isHead || status == 204 || status == 304 {
            // No body whatever the head says (RFC 9112, section 6.3).
            let length = lengths.count == 1 && codings.isEmpty ? lengths.first.flatMap { Int($0) } : nil
            let isRegular = lengths.isEmpty || length != nil
            return .head(
                ResponseHead(
                    status: status, version: version, headers: headers, contentLength: nil, hasBody: false,
                    mayTrail: !isRegular || status == 204 && ((length ?? 0) != 0 || !codings.isEmpty)))
        }
        guard lengths.count <= 1, codings.count <= 1, lengths.isEmpty || codings.isEmpty else {
            return .refused(.protocolError)
        }
        if let coding = codings.first, version != .http1_1 || coding.lowercased() != "chunked" {
            return .refused(.protocolError)
        }
        var length: Int?
        if let text = lengths.first {
            guard !text.isEmpty, text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }), let number = Int(text) else {
                return .refused(.protocolError)
            }
            length = number
        }
        if version == .http1_0, length == nil { return .refused(.protocolError) }
        return .head(
            ResponseHead(
                status: status, version: version, headers: headers, contentLength: length, hasBody: true,
                mayTrail: false))
    }
}

extension Slice<UnsafeRawBufferPointer> {
    /// Without the spaces and tabs at both ends.
    fileprivate var trimmingBlanks: Self {
        var slice = self
        while let first = slice.first, first == 0x20 || first == 0x09 { slice.removeFirst() }
        while let last = slice.last, last == 0x20 || last == 0x09 { slice.removeLast() }
        return slice
    }
}
