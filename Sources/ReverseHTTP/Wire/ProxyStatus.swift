/// What a connector says of a request that it answers itself: its member of the `Proxy-Status` field (RFC 9209). The
/// connector writes it as ``text``, and the relay reads it.
package struct ProxyStatus: Sendable, Equatable {
    /// The name of the field, in lower case.
    package static let field = "proxy-status"
    /// The name connectors go by (RFC 9209, section 2).
    package static let connector = "penstock-connector"

    /// The names of a member's parameters, with the `=` that follows them.
    private enum Parameter {
        /// RFC 9209, section 2.1.1.
        static let error = "error="
        /// RFC 9209, section 2.1.5.
        static let details = "details="
        /// RFC 9209, section 2.1.4.
        static let receivedStatus = "received-status="
        /// Ours: a boolean (RFC 9651, section 3.3.6).
        static let sent = "penstock-sent"
    }

    /// The error type (RFC 9209, section 2.3), where there is one.
    package var error: ProxyErrorType?
    /// Whether bytes of the request may have reached the API.
    package var sent: Bool
    /// The connector's own words on it (RFC 9209, section 2.1.5), printable ASCII of at most 200 characters. They name
    /// neither host nor address, as far as its connector is ours.
    package var details: String?
    /// What the API answered, where it is not a status that can be passed on (RFC 9209, section 2.1.4).
    package var receivedStatus: Int?

    /// - Parameters:
    ///   - error: Nil where nothing failed.
    ///   - sent: Whether bytes of the request may have reached the API.
    package init(
        error: ProxyErrorType? = nil, details: String? = nil, receivedStatus: Int? = nil, sent: Bool = false
    ) {
        self.error = error
        self.details = details
        self.receivedStatus = receivedStatus
        self.sent = sent
    }

    // MARK: writing

    /// The field's value: one member, ``connector``'s (RFC 9209, section 2). What a structured field's string cannot
    /// hold is left out of ``details``.
    package var text: String {
        guard let error else { return Self.connector }
        var text = "\(Self.connector); \(Parameter.error)\(error.rawValue)"
        if let details, !details.isEmpty { text += "; \(Parameter.details)\"\(Self.quotable(details))\"" }
        if let receivedStatus { text += "; \(Parameter.receivedStatus)\(receivedStatus)" }
        return text + "; \(Parameter.sent)=\(sent ? "?1" : "?0")"
    }

    /// What a structured field's string may hold (RFC 9651, section 3.3.3).
    private static func quotable(_ text: String) -> String {
        var quoted = ""
        for scalar in text.unicodeScalars where scalar.value >= 0x20 && scalar.value < 0x7f {
            if scalar == "\"" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted
    }

    // MARK: reading

    /// Reads the last member of ``connector``; nil when the field has none. The field is one structured list
    /// (RFC 9651, section 3.1); strings may hold commas and semicolons.
    package init?(_ field: String) {
        var found: ProxyStatus?
        for member in Self.split(field, at: UInt8(ascii: ",")) {
            let parts = Self.split(member, at: UInt8(ascii: ";")).map(Self.trimmed)
            guard parts.first == Self.connector else { continue }
            var status = ProxyStatus()
            for part in parts.dropFirst() {
                if let type = Self.value(of: Parameter.error, in: part) {
                    status.error = ProxyErrorType(rawValue: String(type))
                } else if let details = Self.value(of: Parameter.details, in: part) {
                    status.details = Self.text(details)
                } else if let received = Self.value(of: Parameter.receivedStatus, in: part) {
                    status.receivedStatus = Int(received)
                } else if part == Parameter.sent || part == "\(Parameter.sent)=?1" {
                    status.sent = true
                }
            }
            found = status
        }
        guard let found else { return nil }
        self = found
    }

    private static func value(of parameter: String, in part: String) -> Substring? {
        part.hasPrefix(parameter) ? part.dropFirst(parameter.count) : nil
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
}
