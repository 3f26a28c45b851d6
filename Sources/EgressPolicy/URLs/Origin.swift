/// The schemes a call can have.
package enum Scheme: String, Sendable, Hashable {
    case http, https

    /// 80 or 443.
    package var defaultPort: Int { self == .http ? 80 : 443 }

    /// Either case; nil for any other scheme.
    init?(parsing bytes: Bytes) {
        var folded: UInt64 = 0
        guard bytes.count == 4 || bytes.count == 5 else { return nil }
        for byte in bytes { folded = folded << 8 | UInt64(byte.lowercasedASCII) }
        switch folded {
        case 0x6874_7470: self = .http
        case 0x68_7474_7073: self = .https
        default: return nil
        }
    }
}

/// Scheme, host and port: what a connection is made to, and what an injected credential must never cross (S5).
package struct Origin: Sendable, Hashable, CustomStringConvertible {
    package var scheme: Scheme
    package var host: Host
    /// 1–65535.
    package var port: Int

    package init(scheme: Scheme, host: Host, port: Int? = nil) {
        self.scheme = scheme
        self.host = host
        self.port = port ?? scheme.defaultPort
    }

    /// Parses `https://host[:port]`.
    /// - Throws: `OriginError`, also where a path, a query or userinfo follows.
    package init(_ text: some StringProtocol) throws(OriginError) {
        let parts = try URLParts(text)
        guard parts.rest.isEmpty else { throw OriginError(.path) }
        try self.init(scheme: parts.scheme, parsing: parts.authority)
    }

    /// Parses the `:scheme` and `:authority` of a request.
    /// - Throws: `OriginError`.
    package init(scheme: some StringProtocol, authority: some StringProtocol) throws(OriginError) {
        guard let scheme = withBytes(of: scheme, { Scheme(parsing: $0) }) else { throw OriginError(.scheme) }
        try self.init(scheme: scheme, parsing: authority)
    }

    private init(scheme: Scheme, parsing authority: some StringProtocol) throws(OriginError) {
        let result = withBytes(of: authority) { bytes -> Result<(Host, Int?), OriginError.Code> in
            let (hostEnd, port) = splitPort(bytes)
            if hostEnd < bytes.count, port == nil { return .failure(.port) }
            switch Host.parse(bytes[bytes: 0..<hostEnd]) {
            case .success(let host): return .success((host, port))
            case .failure(let code): return .failure(.host(code))
            }
        }
        switch result {
        case .success(let (host, port)): self.init(scheme: scheme, host: host, port: port)
        case .failure(let code): throw OriginError(code)
        }
    }

    /// As sent in `Host` and `:authority`: the port only where it is not the scheme's default.
    package var authority: String {
        port == scheme.defaultPort ? host.description : "\(host):\(port)"
    }

    /// `https://host[:port]`, the default port omitted.
    package var description: String { "\(scheme.rawValue)://\(authority)" }
}

/// Where the host ends in an authority, and the port behind it; nil where there is none or it is not a number from 1 to
/// 65535 without leading zeros.
private func splitPort(_ bytes: Bytes) -> (hostEnd: Int, port: Int?) {
    var index = bytes.count
    while index > 0 {
        let byte = bytes[index - 1]
        if byte == UInt8(ascii: "]") { break }
        if byte == UInt8(ascii: ":") {
            var port = 0
            let digits = bytes[bytes: index..<bytes.count]
            guard !digits.isEmpty, digits.count <= 5, digits[0] != 0x30, digits.allSatisfy(\.isDigit) else {
                return (index - 1, nil)
            }
            for digit in digits { port = port * 10 + Int(digit &- 0x30) }
            return (index - 1, port <= 65535 ? port : nil)
        }
        index -= 1
    }
    return (bytes.count, nil)
}
