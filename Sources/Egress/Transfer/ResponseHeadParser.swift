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
    /// Names and values, as HTTPHeaders takes them.
    private var headers: [(String, String)] = []
    /// The last value's bytes are not UTF-8.
    private var isLastLatin1 = false
    private var framing = Framing()

    /// The fields that say where the body ends.
    private struct Framing {
        var lengths = 0
        /// The last one's value.
        var length = ""
        var codings = 0
        var coding = ""
    }

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
        let space = UInt8(ascii: " ")
        guard let end = line.firstIndex(of: space) else { return false }
        let code = line[(end + 1)...].prefix { $0 != space }
        guard code.count == 3 else { return false }
        let name = UnsafeRawBufferPointer(rebasing: line[..<end])
        if name.elementsEqual("HTTP/1.1".utf8) {
            version = .http1_1
        } else if name.elementsEqual("HTTP/2".utf8) {
            version = .http2
        } else if name.elementsEqual("HTTP/1.0".utf8) {
            version = .http1_0
        } else {
            return false
        }
        status = 0
        for byte in code {
            guard byte >= 0x30, byte <= 0x39 else { return false }
            status = status * 10 + Int(byte - 0x30)
        }
        // Nothing was asked to be upgraded (S12).
        guard status >= 100, status != 101 else { return false }
        state = .fields
        return true
    }

    private mutating func field(_ line: UnsafeRawBufferPointer) -> Bool {
        if let first = line.first, first == 0x20 || first == 0x09 { return fold(line.trimmingBlanks) }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0 else { return false }
        let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
        let value = UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]).trimmingBlanks
        // Also refuses a space before the colon (RFC 9112, section 5.1).
        guard name.allSatisfy(\.isToken), value.allSatisfy(\.isFieldByte) else { return false }
        guard state == .fields else { return true }
        let text = self.text(value)
        if name.isName("content-length") {
            framing.lengths += 1
            framing.length = text
        } else if name.isName("transfer-encoding") {
            framing.codings += 1
            framing.coding = text
        }
        if headers.isEmpty { headers.reserveCapacity(16) }
        headers.append((String(decoding: name, as: UTF8.self), text))
        return true
    }

    /// A folded line is its field's value behind a space (RFC 9112, section 5.2), but not where it would frame: readers
    /// that do not unfold would take another length.
    private mutating func fold(_ more: UnsafeRawBufferPointer) -> Bool {
        guard more.allSatisfy(\.isFieldByte) else { return false }
        guard state == .fields else { return true }
        guard let last = headers.indices.last, !Self.unfolded.contains(headers[last].0.lowercased()) else {
            return false
        }
        if !more.isEmpty {
            let value = headers[last].1
            var bytes =
                isLastLatin1 ? value.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) } : Array(value.utf8)
            if !bytes.isEmpty { bytes.append(0x20) }
            bytes += more
            headers[last].1 = bytes.withUnsafeBytes { text($0) }
        }
        return true
    }

    private static let unfolded: Set<String> = ["content-length", "transfer-encoding", "connection"]

    /// UTF-8 where the bytes are that, else ISO 8859-1, in which every byte is a character: none is lost.
    private mutating func text(_ bytes: UnsafeRawBufferPointer) -> String {
        isLastLatin1 = false
        // Nearly every value is ASCII, which needs no second look.
        if bytes.allSatisfy({ $0 < 0x80 }) { return String(decoding: bytes, as: UTF8.self) }
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        isLastLatin1 = true
        return String(String.UnicodeScalarView(bytes.lazy.map { Unicode.Scalar($0) }))
    }

    private mutating func end() -> Event {
        guard status >= 200 else {
            state = .statusLine
            headers = []
            framing = Framing()
            return .more
        }
        state = .trailers
        let headers = HTTPHeaders(headers)
        self.headers = []
        let (lengths, codings) = (framing.lengths, framing.codings)
        if isHead || status == 204 || status == 304 {
            // No body whatever the head says (RFC 9112, section 6.3).
            let length = lengths == 1 && codings == 0 ? Int(framing.length) : nil
            let isRegular = lengths == 0 || length != nil
            return .head(
                ResponseHead(
                    status: status, version: version, headers: headers, contentLength: nil, hasBody: false,
                    mayTrail: !isRegular || status == 204 && ((length ?? 0) != 0 || codings != 0)))
        }
        guard lengths <= 1, codings <= 1, lengths == 0 || codings == 0 else {
            return .refused(.protocolError)
        }
        if codings == 1, version != .http1_1 || framing.coding.lowercased() != "chunked" {
            return .refused(.protocolError)
        }
        var length: Int?
        if lengths == 1 {
            let text = framing.length
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

extension UnsafeRawBufferPointer {
    /// Without the spaces and tabs at both ends.
    fileprivate var trimmingBlanks: Self {
        var (start, end) = (startIndex, endIndex)
        while start < end, self[start] == 0x20 || self[start] == 0x09 { start += 1 }
        while end > start, self[end - 1] == 0x20 || self[end - 1] == 0x09 { end -= 1 }
        return Self(rebasing: self[start..<end])
    }
}
