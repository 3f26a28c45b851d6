/// The origins a rule is about: `http://192.168.1.100:8080`, `https://*.internal.example:8443`,
/// `http://10.20.0.0/16:*`.
///
/// The scheme is exact. The port is exact, the scheme's default where it is absent, or `*` for any. The host is exact,
/// or `*.` and a name for every name below it (one label or more, not the name itself), or a range of addresses.
package struct OriginPattern: Sendable, Hashable, CustomStringConvertible {
    /// What the host part names.
    package enum HostPattern: Sendable, Hashable {
        case exact(Host)
        /// Names that end in this, which starts with a dot, and have something before it.
        case subdomains(suffix: String)
        case range(CIDR)
    }

    package let scheme: Scheme
    package let host: HostPattern
    /// Nil for any port.
    package let port: Int?

    /// Parses a rule's `origin`. An IPv6 range is written `http://[fd00:20::/32]:*` or `http://[fd00:20::]/32:*`.
    /// - Throws: `RuleError` naming `text`.
    package init(_ text: some StringProtocol) throws(RuleError) {
        let text = Substring(text)
        let complaint =
            "is not an origin such as https://crm.corp.example:8443, https://*.corp.example or "
            + "http://10.20.0.0/16:*"
        guard let separator = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            text[separator...].utf8.starts(with: "://".utf8)
        else { throw RuleError(text, complaint + ": start it with http:// or https://") }
        guard let scheme = withBytes(of: text[..<separator], { Scheme(parsing: $0) }) else {
            throw RuleError(text, complaint + ": only http and https origins can be called")
        }
        self.scheme = scheme
        let authority = text[text.utf8.index(separator, offsetBy: 3)...]
        let (hostText, port) = try OriginPattern.split(authority, scheme: scheme, rule: text)
        self.port = port
        host = try OriginPattern.host(hostText, rule: text)
    }

    private static func split(
        _ authority: Substring, scheme: Scheme, rule: Substring
    ) throws(RuleError) -> (host: Substring, port: Int?) {
        let bracket = authority.utf8.lastIndex(of: UInt8(ascii: "]")) ?? authority.startIndex
        guard let colon = authority[bracket...].utf8.lastIndex(of: UInt8(ascii: ":")) else {
            return (authority, scheme.defaultPort)
        }
        let portText = authority[authority.utf8.index(after: colon)...]
        if portText == "*" { return (authority[..<colon], nil) }
        guard let port = decimal(portText, upTo: 65535), port > 0 else {
            throw RuleError(rule, "has no valid port: write a number from 1 to 65535, or * for any, and no path")
        }
        return (authority[..<colon], port)
    }

    private static func host(_ text: Substring, rule: Substring) throws(RuleError) -> HostPattern {
        if text == "*" {
            throw RuleError(rule, "would allow every host: name the hosts, or a range such as 10.20.0.0/16")
        }
        if text.utf8.contains(.slash) { return .range(try range(text, rule: rule)) }
        do throws(HostError) {
            guard text.utf8.starts(with: "*.".utf8) else { return .exact(try Host(text)) }
            if case .name(let name) = try Host(text.dropFirst(2)) { return .subdomains(suffix: "." + name) }
        } catch {
            throw RuleError(rule, "has no usable host. \(error.description.dropLast())")
        }
        throw RuleError(rule, "has a wildcard before an address: write a range such as 10.20.0.0/16")
    }

    private static func range(_ text: Substring, rule: Substring) throws(RuleError) -> CIDR {
        let bare = String(text.filter { $0 != "[" && $0 != "]" })
        let isBracketed = text.utf8.first == UInt8(ascii: "[")
        guard let slash = bare.firstIndex(of: "/"), let address = IPAddress(bare[..<slash]) else {
            throw RuleError(rule, "has a path or a malformed range: paths are listed under the rule's own key")
        }
        guard isBracketed != address.isV4 else {
            throw RuleError(rule, "has a malformed range: IPv6 ranges, and only they, are written in brackets")
        }
        do throws(RuleError) {
            return try CIDR(bare)
        } catch {
            throw RuleError(rule, "has a malformed range. \(error.message.dropLast())")
        }
    }

    package var description: String {
        let hostText =
            switch host {
            case .exact(let host): host.description
            case .subdomains(let suffix): "*" + suffix
            case .range(let range): range.base.isV4 ? range.description : "[\(range)]"
            }
        if let port { return "\(scheme.rawValue)://\(hostText)" + (port == scheme.defaultPort ? "" : ":\(port)") }
        return "\(scheme.rawValue)://\(hostText):*"
    }

    func matches(scheme: Scheme, port: Int) -> Bool {
        self.scheme == scheme && (self.port ?? port) == port
    }
}

extension OriginPattern.HostPattern {
    /// True where the host itself matches, before anything is resolved.
    func matches(_ host: Host) -> Bool {
        switch (self, host) {
        case (.exact(let own), _): own == host || names(host)
        case (.subdomains(let suffix), .name(let name)): hasSuffix(name.utf8, suffix.utf8)
        case (.range(let range), .address(let address)): range.contains(address)
        default: false
        }
    }

    /// True where the pattern may hold for what `host` resolves to.
    var concernsAddresses: Bool {
        switch self {
        case .exact(.address), .range: true
        case .exact(.name), .subdomains: false
        }
    }

    /// True where the pattern is about addresses and `address` is among them.
    func holds(_ address: IPAddress) -> Bool {
        switch self {
        case .exact(.address(let own)): own.unmapped == address.unmapped
        case .range(let range): range.contains(address)
        default: false
        }
    }

    private func names(_ host: Host) -> Bool {
        if case .address(let address) = host { holds(address) } else { false }
    }
}

private func hasSuffix(_ name: String.UTF8View, _ suffix: String.UTF8View) -> Bool {
    let excess = name.count - suffix.count
    return excess > 0 && name.dropFirst(excess).elementsEqual(suffix)
}
