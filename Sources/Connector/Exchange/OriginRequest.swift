import EgressPolicy
import HTTP1
import NIOCore
import ReverseHTTP

/// A tunnel's request as the origin gets it, and what its tunnel-only headers said.
struct OriginRequest {
    let method: String
    let target: String
    /// The header fields but for `host`, as they go on the wire: each was copied once.
    private(set) var fields = ByteBuffer()
    /// `penstock-request-id`.
    var id = ""
    /// `penstock-parent-id`.
    var parent = ""
    /// `penstock-deadline-ms`: what is left of the caller's patience.
    var deadline: TimeAmount?
    /// `penstock-deadline-ends: head`: the deadline is for the response's head, and its body takes as long as it takes.
    var deadlineEndsAtHead = false
    /// `penstock-slash: allow`.
    var allowsEncodedSlashes = false
    /// `penstock-probe`: nothing is sent to the origin.
    var probe: Probe?
    /// Body bytes that are still to come, where the length was given.
    var remaining: Int?
    let hasBody: Bool
    let isChunked: Bool

    /// What the relay wants to know instead of an answer of the origin's.
    enum Probe: String {
        /// Whether the local policy allows the request.
        case policy
        /// Also whether a connection to the origin can be made, TLS included.
        case connect
    }

    private static let longestDeadline: Int64 = 24 * 3600 * 1000

    /// - Throws: ``Failure`` for a request that has no honest form in HTTP/1.1.
    init(_ request: RequestHead, endStream: Bool) throws(Failure) {
        method = request.method
        target = request.path
        fields.reserveCapacity(request.headers.count * 48)
        var length: String?
        for (name, value) in request.headers {
            switch FieldKind.of(name) {
            case .endToEnd:
                // An origin that believes such a field would serve another method or path than was judged (T9).
                if let first = name.utf8.first, first | 0x20 == UInt8(ascii: "x"), HeaderRules.isOverride(name) {
                    throw Failure(.requestDenied, "A header claims another method, path or host.")
                }
                RequestEncoder.append(name, value, to: &fields)
            case .contentLength:
                guard length == nil else { throw Failure(.requestError, "more than one content-length") }
                length = value
            case .tunnel:
                if FieldKind.isNamed(name, "penstock-request-id") {
                    id = String(value.prefix(128))
                } else if FieldKind.isNamed(name, "penstock-parent-id") {
                    parent = String(value.prefix(128))
                } else if FieldKind.isNamed(name, "penstock-deadline-ms") {
                    guard let milliseconds = Int64(value), milliseconds >= 0 else {
                        throw Failure(.requestError, "penstock-deadline-ms is no number")
                    }
                    deadline = .milliseconds(min(milliseconds, Self.longestDeadline))
                } else if FieldKind.isNamed(name, "penstock-deadline-ends") {
                    deadlineEndsAtHead = value == "head"
                } else if FieldKind.isNamed(name, "penstock-slash") {
                    allowsEncodedSlashes = value == "allow"
                } else if FieldKind.isNamed(name, "penstock-probe") {
                    // Whatever else is wanted, it is not that the origin is called.
                    guard let probe = Probe(rawValue: value), endStream else {
                        throw Failure(.requestError, "penstock-probe is unknown, or has a body")
                    }
                    self.probe = probe
                }
            case .connection, .transferEncoding, .dropped, .host:
                // HTTP/2 has no connection of its own to speak of (RFC 9113, section 8.2.2).
                break
            }
        }
        hasBody = !endStream
        isChunked = hasBody && length == nil
        if let length {
            guard let count = ContentLength.value(length), count == 0 || hasBody else {
                throw Failure(.requestError, "content-length does not fit the request")
            }
            remaining = count
            RequestEncoder.append("content-length", length, to: &fields)
        } else if hasBody {
            RequestEncoder.append("transfer-encoding", "chunked", to: &fields)
        } else if Self.expectsBody(request.method) {
            RequestEncoder.append("content-length", "0", to: &fields)
        }
    }

    /// Methods whose absent body is worth saying (RFC 9110, section 8.6).
    private static func expectsBody(_ method: String) -> Bool {
        method == "POST" || method == "PUT" || method == "PATCH"
    }
}
