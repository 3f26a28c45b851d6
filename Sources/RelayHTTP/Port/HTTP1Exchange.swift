import NIOHTTP1

/// One request of an HTTP/1.1 connection and its answer, and whether another may follow (RFC 9112, section 9.3). Pure.
struct HTTP1Exchange {
    private enum Answer {
        case awaited
        case begun
        /// All of it is written, though it may not have left.
        case written
    }

    /// Whether a request's head has come that is not answered.
    private(set) var isUnderWay = false
    /// Whether its end has come too.
    private(set) var isRequestWhole = false
    private var answer = Answer.awaited
    /// Nothing is served after this answer.
    private(set) var isLast = false
    /// Whether nothing of the answer but its head may leave (RFC 9110, section 9.3.2).
    private(set) var isOfHead = false
    private var version = HTTPVersion.http1_1

    /// Whether what comes now belongs to a later request.
    var isBusy: Bool { isUnderWay && isRequestWhole }
    /// Whether the answer's end has been written and waits to leave.
    var isLeaving: Bool { answer == .written }
    /// Whether nothing of an answer has been written.
    var isUnanswered: Bool { answer == .awaited }
    /// Whether the caller understands interim answers (RFC 9110, section 15.2).
    var takesInterim: Bool { version >= .http1_1 }

    /// Begins with a request's head.
    ///
    /// - Returns: what is wrong with it, in a sentence for the caller.
    mutating func received(_ head: HTTPRequestHead) -> String? {
        isUnderWay = true
        isRequestWhole = false
        answer = .awaited
        version = head.version
        isOfHead = head.method == .HEAD
        let options = head.headers[canonicalForm: "connection"].map { $0.lowercased() }
        if options.contains("close") || version < .http1_1 && !options.contains("keep-alive") { isLast = true }
        // RFC 9112, section 6.1: a length that HTTP/1.0 does not know.
        if version < .http1_1, head.headers.contains(name: "transfer-encoding") { isLast = true }
        return Self.fault(ofHosts: head.headers["host"], version: version)
    }

    mutating func receivedEnd() {
        isRequestWhole = true
    }

    /// This answer is the last one, whatever was asked for.
    mutating func end() {
        isLast = true
    }

    /// What could not be read as a request is answered too.
    mutating func refuse() {
        isUnderWay = true
        answer = .awaited
        isLast = true
    }

    /// Makes an answer's head say whether the connection goes on (RFC 9112, section 9.6).
    mutating func begin(_ head: inout HTTPResponseHead) {
        answer = .begun
        // Who is answered before having said everything would have to be heard out first.
        if !isRequestWhole { isLast = true }
        let hasBody = head.status.mayHaveResponseBody && !isOfHead
        if version < .http1_1, !head.headers.contains(name: "content-length"), hasBody {
            // HTTP/1.0 knows no chunks: the end of the connection is the end of the body.
            head.version = .http1_0
            isLast = true
        }
        head.headers.remove(name: "keep-alive")
        if isLast {
            head.headers.replaceOrAdd(name: "connection", value: "close")
        } else if version < .http1_1 {
            head.headers.replaceOrAdd(name: "connection", value: "keep-alive")
        } else {
            head.headers.remove(name: "connection")
        }
    }

    mutating func wroteEnd() {
        answer = .written
    }

    /// The answer has left.
    mutating func left() {
        isUnderWay = false
        isRequestWhole = false
        answer = .awaited
    }

    /// RFC 9112, section 3.2: one `Host`, and what stands in it is a host; HTTP/1.0 may do without.
    private static func fault(ofHosts hosts: [String], version: HTTPVersion) -> String? {
        guard let host = hosts.first else {
            return version < .http1_1 ? nil : "The request has no Host field, which HTTP/1.1 requires."
        }
        guard hosts.count == 1 else { return "The request has \(hosts.count) Host fields; it must have one." }
        return host.utf8.allSatisfy(mayBeOfHost) ? nil : "The request's Host field does not hold a host."
    }

    private static func mayBeOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "/"), UInt8(ascii: "\\"), UInt8(ascii: "@"), UInt8(ascii: "?"), UInt8(ascii: "#"),
            UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "^"),
            UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"):
            false
        default: byte > 0x20 && byte < 0x7f
        }
    }
}

extension HTTPVersion {
    fileprivate static func < (left: HTTPVersion, right: HTTPVersion) -> Bool {
        (left.major, left.minor) < (right.major, right.minor)
    }

    fileprivate static func >= (left: HTTPVersion, right: HTTPVersion) -> Bool { !(left < right) }
}
