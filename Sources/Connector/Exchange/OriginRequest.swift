import EgressPolicy
import HTTP1
import NIOCore
import ReverseHTTP

/// A tunnel's request as the origin gets it, and what its tunnel-only headers said. A class, because it is looked at at
/// each step of a call and copied at none. Confined to the call's event loop.
final class OriginRequest {
    let method: String
    let target: String
    /// The header fields but for `host`, as they go on the wire: each was copied once.
    private(set) var fields = ByteBuffer()
    /// ``TunnelField/requestID``.
    var id = ""
    /// ``TunnelField/parentID``.
    var parent = ""
    /// ``TunnelField/deadline``: what is left of the caller's patience.
    var deadline: TimeAmount?
    /// ``TunnelField/deadlineEnds``: the deadline is for the response's head, and its body takes as long as it takes.
    var deadlineEndsAtHead = false
    /// ``TunnelField/slash``.
    var allowsEncodedSlashes = false
    /// ``TunnelField/probe``: nothing is sent to the origin.
    var probe: TunnelProbe?
    /// Body bytes that are still to come, where the length was given.
    var remaining: Int?
    let hasBody: Bool
    private(set) var isChunked = false

    private static let longestDeadline: Int64 = 24 * 3600 * 1000

    /// - Throws: ``Failure`` for a request that has no honest form in HTTP/1.1.
    init(_ request: RequestHead, endStream: Bool) throws(Failure) {
        method = request.method
        target = request.path
        hasBody = !endStream
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
                try take(TunnelField(rawValue: name), value, endStream: endStream)
            case .connection, .transferEncoding, .dropped, .host:
                // HTTP/2 has no connection of its own to speak of (RFC 9113, section 8.2.2).
                break
            }
        }
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

    /// Takes what a tunnel-only field says. The relay of a later version may send one that is not known here.
    private func take(_ field: TunnelField?, _ value: String, endStream: Bool) throws(Failure) {
        switch field {
        case .requestID: id = Self.shortened(value)
        case .parentID: parent = Self.shortened(value)
        case .deadline:
            guard let milliseconds = Int64(value), milliseconds >= 0 else {
                throw Failure(.requestError, "\(TunnelField.deadline.rawValue) is no number")
            }
            deadline = .milliseconds(min(milliseconds, Self.longestDeadline))
        case .deadlineEnds: deadlineEndsAtHead = value == TunnelValue.head
        case .slash: allowsEncodedSlashes = value == TunnelValue.allow
        case .probe:
            // Whatever else is wanted, it is not that the origin is called.
            guard let probe = TunnelProbe(rawValue: value), endStream else {
                throw Failure(.requestError, "\(TunnelField.probe.rawValue) is unknown, or has a body")
            }
            self.probe = probe
        case nil, .instance, .epoch, .version, .capabilities: break
        }
    }

    /// An id of at most 128 characters. The count of bytes, which nearly always decides, costs next to nothing.
    private static func shortened(_ id: String) -> String {
        id.utf8.count <= 128 ? id : String(id.prefix(128))
    }

    /// Methods whose absent body is worth saying (RFC 9110, section 8.6).
    private static func expectsBody(_ method: String) -> Bool {
        method == "POST" || method == "PUT" || method == "PATCH"
    }
}
