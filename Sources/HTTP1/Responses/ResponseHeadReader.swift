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
    private var framing = Framing()
    private var closes = false
    /// Lower-case names that `Connection` says are of this connection only.
    private var nominated: Set<String> = []
    /// As HTTP/2 counts it, with room for `:status` and `content-length`.
    private var size = 128

    init(isTrailer: Bool = false) { self.isTrailer = isTrailer }

    /// Takes the status line, without its end.
    mutating func start(_ line: UnsafeRawBufferPointer) throws(ResponseFault) {
        guard let parsed = Self.statusLine(line) else {
            throw ResponseFault(.malformed, "the response is not HTTP/1.1")
        }
        // The tunnel's HTTP/2 has no other (RFC 9110, section 15).
        guard (100..<600).contains(parsed.status) else {
            let received = parsed.status >= 600 ? parsed.status : nil
            throw ResponseFault(.malformed, "the status is not of HTTP", receivedStatus: received)
        }
        guard parsed.status != 101 else { throw ResponseFault(.malformed, "the origin switched protocols unasked") }
        (isHTTP10, status) = parsed
    }

    /// HTTP/1.x, a space, three digits; then nothing, or a space and a reason that nobody reads.
    private static func statusLine(_ line: UnsafeRawBufferPointer) -> (isHTTP10: Bool, status: Int)? {
        guard line.count >= 12, line[..<7].elementsEqual("HTTP/1.".utf8),
            line[7] == UInt8(ascii: "0") || line[7] == UInt8(ascii: "1"), line[8] == 0x20
        else { return nil }
        var status = 0
        for byte in line[9..<12] {
            guard byte &- UInt8(ascii: "0") < 10 else { return nil }
            status = status * 10 + Int(byte - UInt8(ascii: "0"))
        }
        guard line.count == 12 || line[12] == 0x20,
            FieldSyntax.isText(UnsafeRawBufferPointer(rebasing: line[12...]))
        else { return nil }
        return (line[7] == UInt8(ascii: "0"), status)
    }

    /// Takes a field's line, or one that continues it, without its end.
    ///
    /// - Returns: whether it was the empty line, behind which no field comes.
    mutating func add(_ line: UnsafeRawBufferPointer) throws(ResponseFault) -> Bool {
        guard let first = line.first else { return true }
        size += line.count + 32
        guard size < ResponseDecoder.headLimit else { throw ResponseFault(.headTooLarge) }
        let isWellFormed = FieldSyntax.isBlank(first) ? fold(line) : field(line)
        guard isWellFormed else { throw ResponseFault(.malformed, "a header field is malformed") }
        return false
    }

    private mutating func field(_ line: UnsafeRawBufferPointer) -> Bool {
        guard let field = FieldLine(line) else { return false }
        let (name, value) = (field.name, field.value)
        switch FieldKind.of(name) {
        case .host where isTrailer:
            last = .dropped
        case .endToEnd, .host:
            fields.append(name: name, value: value)
            last = .kept
        case .dropped, .tunnel:
            last = .dropped
        case .contentLength:
            framing.addLength(value)
            last = .framing
        case .transferEncoding:
            framing.addCoding(value)
            last = .framing
        case .connection:
            nominate(value)
            last = .framing
        }
        return true
    }

    /// A folded line is its field's value behind a space (RFC 9112, section 5.2), but not where it would frame: readers
    /// that do not unfold would take another length.
    private mutating func fold(_ line: UnsafeRawBufferPointer) -> Bool {
        guard FieldSyntax.isText(line) else { return false }
        switch last {
        case .none, .framing: return false
        case .dropped: return true
        case .kept:
            fields.extendLast(with: FieldSyntax.trimmed(line))
            return true
        }
    }

    private mutating func nominate(_ value: UnsafeRawBufferPointer) {
        // What nearly every origin says names a field that is dropped anyway.
        guard !FieldKind.equals(value, "keep-alive") else { return }
        for part in value.split(separator: UInt8(ascii: ",")) {
            let name = FieldSyntax.trimmed(UnsafeRawBufferPointer(rebasing: part))
            if FieldKind.equals(name, "close") {
                closes = true
            } else if !name.isEmpty {
                nominated.insert(String(decoding: name, as: UTF8.self).lowercased())
            }
        }
    }

    /// The head is whole. Nil for an interim one, which never has a body.
    ///
    /// - Throws: ``ResponseFault`` for a head that two readers could understand differently (RFC 9112, section 6.3).
    mutating func finish(isHead: Bool) throws(ResponseFault) -> OriginResponse? {
        guard status >= 200 else { return nil }
        if !nominated.isEmpty { fields.removeAll(named: nominated) }
        let (lengths, length, codings) = (framing.lengths, framing.length, framing.codings)
        let isRegular = lengths <= 1 && codings <= 1 && lengths + codings <= 1 && (lengths == 0 || length != nil)
        var isReusable = !isHTTP10 && !closes
        let end: OriginResponse.Framing
        if isHead || status == 204 || status == 304 {
            // No body whatever the head says (RFC 9112, section 6.3). What a 204 says of one may yet follow.
            end = .none
            let mayLie = status == 204 && ((length ?? 0) != 0 || codings > 0)
            isReusable = isReusable && isRegular && !mayLie
        } else {
            end = try endOfBody()
            isReusable = isReusable && end != .untilClose
        }
        // HTTP/2 takes none with a 204 (RFC 9110, section 8.6), and one number elsewhere.
        if let length, isRegular, status != 204 {
            fields.appendContentLength(length)
        }
        return OriginResponse(status: status, fields: fields, framing: end, isReusable: isReusable)
    }

    /// What a trailer section passes on.
    var trailers: FieldBlock? { fields.isEmpty ? nil : fields }

    private func endOfBody() throws(ResponseFault) -> OriginResponse.Framing {
        let (lengths, length, codings) = (framing.lengths, framing.length, framing.codings)
        guard lengths <= 1 else { throw ResponseFault(.malformed, "more than one content-length") }
        guard codings <= 1 else { throw ResponseFault(.malformed, "more than one transfer-encoding") }
        if codings == 1 {
            guard lengths == 0 else { throw ResponseFault(.malformed, "content-length beside transfer-encoding") }
            guard framing.isChunked, !isHTTP10 else {
                throw ResponseFault(.malformed, "transfer-encoding is not chunked alone")
            }
            return .chunked
        }
        if lengths == 1 {
            guard let length else { throw ResponseFault(.malformed, "content-length is no number") }
            return length == 0 ? .none : .length(length)
        }
        // An HTTP/1.0 body that ends with the connection cannot be told from one cut short.
        guard !isHTTP10 else { throw ResponseFault(.malformed, "an HTTP/1.0 body without a length") }
        return .untilClose
    }
}
