package import Failure

/// What a connector says of a request it could not serve: its member of the `Proxy-Status` field (RFC 9209).
package struct ProxyStatus: Sendable, Equatable {
    /// The name connectors go by.
    package static let connector = "penstock-connector"

    /// The error type (RFC 9209, section 2.3), where there is one.
    package var error: String?
    /// Whether bytes of the request may have reached the API.
    package var sent: Bool
    /// The connector's own words on it (RFC 9209, section 2.1.6), printable ASCII of at most 200 characters. They name
    /// neither host nor address, as far as its connector is ours.
    package var details: String?
    /// What the API answered, where it is not a status that can be passed on (RFC 9209, section 2.1.4).
    package var receivedStatus: Int?

    /// Reads the last member of that name; nil when there is none. The field is one structured list
    /// (RFC 9651, section 3.1); strings may hold commas and semicolons.
    package init?(_ field: String, name: String = ProxyStatus.connector) {
        var found: ProxyStatus?
        for member in Self.split(field, at: UInt8(ascii: ",")) {
            let parts = Self.split(member, at: UInt8(ascii: ";")).map(Self.trimmed)
            guard parts.first == name else { continue }
            var status = ProxyStatus(error: nil, sent: false)
            for part in parts.dropFirst() {
                if part.hasPrefix("error=") { status.error = String(part.dropFirst(6)) }
                if part.hasPrefix("details=") { status.details = Self.text(part.dropFirst(8)) }
                if part.hasPrefix("received-status=") { status.receivedStatus = Int(part.dropFirst(16)) }
                if part == "penstock-sent" || part == "penstock-sent=?1" { status.sent = true }
            }
            found = status
        }
        guard let found else { return nil }
        self = found
    }

    private init(error: String?, sent: Bool) {
        self.error = error
        self.sent = sent
    }

    /// Splits outside of quoted strings.
    private static func split(_ text: String, at separator: UInt8) -> [String] {
        var parts: [String] = []
        var current: [UInt8] = []
        var isQuoted = false
        var isEscaped = false
        for byte in text.utf8 {
            if byte == separator, !isQuoted {
                parts.append(String(decoding: current, as: UTF8.self))
                current.removeAll()
                continue
            }
            current.append(byte)
            if isEscaped {
                isEscaped = false
            } else if isQuoted, byte == UInt8(ascii: "\\") {
                isEscaped = true
            } else if byte == UInt8(ascii: "\"") {
                isQuoted.toggle()
            }
        }
        return parts + [String(decoding: current, as: UTF8.self)]
    }

    /// The text of a string (RFC 9651, section 4.2.5); nil where it is none, or an empty one.
    private static func text(_ quoted: Substring) -> String? {
        guard quoted.count >= 2, quoted.first == "\"", quoted.last == "\"" else { return nil }
        var text = ""
        var isEscaped = false
        for scalar in quoted.dropFirst().dropLast().unicodeScalars {
            if !isEscaped, scalar == "\\" {
                isEscaped = true
                continue
            }
            isEscaped = false
            guard scalar.value >= 0x20, scalar.value < 0x7f else { return nil }
            text.unicodeScalars.append(scalar)
        }
        return text.isEmpty ? nil : String(text.prefix(200))
    }

    private static func trimmed(_ text: String) -> String {
        var slice = text[...]
        while slice.first == " " || slice.first == "\t" { slice.removeFirst() }
        while slice.last == " " || slice.last == "\t" { slice.removeLast() }
        return String(slice)
    }

    /// The failure that callers see for this error type.
    package func failure(status: Int) -> CallFailure {
        switch error ?? "" {
        case "http_request_denied", "destination_ip_prohibited":
            CallFailure(
                .urlNotAllowed, stage: .connector, detail: "The connector's own policy does not allow this request.",
                sent: sent)
        case "dns_error", "dns_timeout", "destination_not_found":
            CallFailure(.connectionRefused, stage: .dns, detail: "The API's name could not be resolved.", sent: sent)
        case "connection_refused":
            CallFailure(.connectionRefused, stage: .tcp, detail: "The API refused the connection.", sent: sent)
        case "destination_unavailable", "destination_ip_unroutable":
            CallFailure(.connectionRefused, stage: .tcp, detail: "The API's host is not reachable.", sent: sent)
        case "connection_terminated":
            CallFailure(
                .connectionRefused, stage: .origin, detail: "The API closed the connection before it answered.",
                sent: sent)
        case "connection_timeout":
            CallFailure(.timeout, stage: .tcp, detail: "No connection to the API came up in time.", sent: sent)
        case "http_response_timeout", "connection_read_timeout", "connection_write_timeout":
            CallFailure(.timeout, stage: .origin, detail: "The API did not answer in time.", sent: sent)
        case "tls_certificate_error":
            CallFailure(.sslError, stage: .tls, detail: "The API's certificate was not accepted.", sent: sent)
        case "tls_protocol_error", "tls_alert_received":
            CallFailure(.sslError, stage: .tls, detail: "The TLS handshake with the API failed.", sent: sent)
        case "http_response_body_size", "http_response_header_section_size", "http_response_header_size":
            CallFailure(.responseTooLarge, stage: .connector, detail: "The connector's limit was reached.", sent: sent)
        case "connection_limit_reached":
            CallFailure(
                .overloaded, stage: .connector, detail: "The connector carries as many calls as it takes.",
                retryAfter: 1, sent: sent)
        case "http_protocol_error", "http_response_incomplete", "http_response_transfer_coding",
            "http_response_content_coding", "http_upgrade_failed":
            CallFailure(
                .upstreamError, stage: .origin, detail: "The API's response is not valid HTTP.", sent: sent,
                upstreamStatus: receivedStatus)
        case "http_request_error":
            CallFailure(
                .invalidRequest, stage: .connector, detail: "The connector found the request malformed.", sent: sent)
        default:
            CallFailure(
                .overloaded, stage: .connector, detail: "The connector could not serve the request.",
                retryAfter: 1, sent: sent)
        }
    }
}
