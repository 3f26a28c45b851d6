import EgressPolicy
import NIOCore
import ReverseHTTP

/// Gathers one head, or one trailer section, line by line, and says what it means: fields that are passed on are copied
/// once, into the block that the tunnel sends; those that frame the message are read here.
struct ResponseHeadReader {
    /// What the field before a folded line was.
    private enum Last {
        case none, kept, dropped, framing
    }

    private let isTrailer: Bool
    private var status = 0
    private var isHTTP10 = false
    private var fields = FieldBlock()
    private var last = Last.none
    private var lengths = 0
    /// Nil where there is no length, or one that is not a number.
    private var length: Int?
    private var codings = 0
    private var isChunked = false
    private var closes = false
    /// Lower-case names that `Connection` says are of this connection only.
    private var nominated: Set<String> = []
    /// As HTTP/2 counts it, with room for `:status` and `content-length`.
    private var size = 128

    init(isTrailer: Bool = false) { self.isTrailer = isTrailer }

    /// Takes the status line, without its end.
    mutating func start(_ line: ByteBuffer) throws(Failure) {
        let parsed = line.withUnsafeReadableBytes { bytes -> (isHTTP10: Bool, status: Int)? in
            // HTTP/1.x, a space, three digits; then nothing, or a space and a reason that nobody reads.
            guard bytes.count >= 12, bytes[..<7].elementsEqual("HTTP/1.".utf8),
                bytes[7] == UInt8(ascii: "0") || bytes[7] == UInt8(ascii: "1"), bytes[8] == 0x20
            else { return nil }
            var status = 0
            for byte in bytes[9..<12] {
                guard byte &- UInt8(ascii: "0") < 10 else { return nil }
                status = status * 10 + Int(byte - UInt8(ascii: "0"))
            }
            guard bytes.count == 12 || bytes[12] == 0x20, bytes[12...].allSatisfy(Self.isFieldByte) else { return nil }
            return (bytes[7] == UInt8(ascii: "0"), status)
        }
        guard let parsed else { throw Failure(.httpProtocol, "the response is not HTTP/1.1") }
        // The tunnel's HTTP/2 has no other (RFC 9110, section 15).
        guard (100..<600).contains(parsed.status) else {
            let received = parsed.status >= 600 ? parsed.status : nil
            throw Failure(.httpProtocol, "the status is not of HTTP", receivedStatus: received)
        }
        guard parsed.status != 101 else { throw Failure(.httpProtocol, "the origin switched protocols unasked") }
        (isHTTP10, status) = parsed
    }

    /// Takes a field's line, or one that continues it, without its end.
    mutating func add(_ line: ByteBuffer) throws(Failure) {
        size += line.readableBytes + 32
        guard size < ResponseDecoder.headLimit else { throw Failure(.headerTooLarge) }
        guard line.withUnsafeReadableBytes({ add($0) }) else {
            throw Failure(.httpProtocol, "a header field is malformed")
        }
    }

    private mutating func add(_ line: UnsafeRawBufferPointer) -> Bool {
        guard line.allSatisfy(Self.isFieldByte), let first = line.first else { return false }
        if first == 0x20 || first == 0x09 { return fold(Self.trimmed(line[...])) }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > 0,
            line[..<colon].allSatisfy(HeaderRules.isFieldNameByte)
        else { return false }
        let name = line[..<colon]
        let value = Self.trimmed(line[(colon + 1)...])
        switch FieldKind.of(name) {
        case .host where isTrailer:
            last = .dropped
        case .endToEnd, .host:
            fields.append(name: name, value: value)
            last = .kept
        case .dropped, .tunnel:
            last = .dropped
        case .contentLength:
            lengths += 1
            length = OriginRequest.length(value)
            last = .framing
        case .transferEncoding:
            codings += 1
            isChunked = FieldKind.equals(value, "chunked")
            last = .framing
        case .connection:
            nominate(value)
            last = .framing
        }
        return true
    }

    /// A folded line is its field's value behind a space (RFC 9112, section 5.2), but not where it would frame: readers
    /// that do not unfold would take another length.
    private mutating func fold(_ more: Slice<UnsafeRawBufferPointer>) -> Bool {
        switch last {
        case .none, .framing: return false
        case .dropped: return true
        case .kept:
            fields.extendLast(with: more)
            return true
        }
    }

    private mutating func nominate(_ value: Slice<UnsafeRawBufferPointer>) {
        // What nearly every origin says names a field that is dropped anyway.
        guard !FieldKind.equals(value, "keep-alive") else { return }
        for part in value.split(separator: UInt8(ascii: ",")) {
            let name = Self.trimmed(part)
            if FieldKind.equals(name, "close") {
                closes = true
            } else if !name.isEmpty {
                nominated.insert(String(decoding: name, as: UTF8.self).lowercased())
            }
        }
    }

    /// The head is whole. Nil for an interim one, which never has a body.
    ///
    /// - Throws: ``Failure`` for a head that two readers could understand differently (RFC 9112, section 6.3).
    mutating func finish(isHead: Bool) throws(Failure) -> OriginResponse? {
        guard status >= 200 else { return nil }
        if !nominated.isEmpty { fields.removeAll(named: nominated) }
        let isRegular = lengths <= 1 && codings <= 1 && lengths + codings <= 1 && (lengths == 0 || length != nil)
        var isReusable = !isHTTP10 && !closes
        let framing: OriginResponse.Framing
        if isHead || status == 204 || status == 304 {
            // No body whatever the head says (RFC 9112, section 6.3). What a 204 says of one may yet follow.
            framing = .none
            let mayLie = status == 204 && ((length ?? 0) != 0 || codings > 0)
            isReusable = isReusable && isRegular && !mayLie
        } else {
            framing = try self.framing()
            isReusable = isReusable && framing != .untilClose
        }
        // HTTP/2 takes none with a 204 (RFC 9110, section 8.6), and one number elsewhere.
        if let length, isRegular, status != 204 {
            fields.append(name: "content-length".utf8, value: String(length).utf8)
        }
        return OriginResponse(status: status, fields: fields, framing: framing, isReusable: isReusable)
    }

    /// What a trailer section passes on.
    var trailers: FieldBlock? { fields.isEmpty ? nil : fields }

    private func framing() throws(Failure) -> OriginResponse.Framing {
        guard lengths <= 1 else { throw Failure(.httpProtocol, "more than one content-length") }
        guard codings <= 1 else { throw Failure(.httpProtocol, "more than one transfer-encoding") }
        if codings == 1 {
            guard lengths == 0 else { throw Failure(.httpProtocol, "content-length beside transfer-encoding") }
            guard isChunked, !isHTTP10 else {
                throw Failure(.httpProtocol, "transfer-encoding is not chunked alone")
            }
            return .chunked
        }
        if lengths == 1 {
            guard let length else { throw Failure(.httpProtocol, "content-length is no number") }
            return length == 0 ? .none : .length(length)
        }
        // An HTTP/1.0 body that ends with the connection cannot be told from one cut short.
        guard !isHTTP10 else { throw Failure(.httpProtocol, "an HTTP/1.0 body without a length") }
        return .untilClose
    }

    // MARK: bytes

    /// A byte of a field's value or of a reason (RFC 9110, section 5.5): a tab, or no control.
    private static func isFieldByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7f || byte == 0x09 }

    private static func trimmed(_ bytes: Slice<UnsafeRawBufferPointer>) -> Slice<UnsafeRawBufferPointer> {
        var bytes = bytes
        while let first = bytes.first, first == 0x20 || first == 0x09 { bytes.removeFirst() }
        while let last = bytes.last, last == 0x20 || last == 0x09 { bytes.removeLast() }
        return bytes
    }
}
