/// Why a URL, an origin or an authority was refused. Neither the code nor the sentence repeats the text, which may hold
/// a password.
package struct OriginError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: Error, Sendable, Hashable {
        case notAURL, scheme, port, path, query, fragment
        case host(HostError.Code)
        case target(RequestTargetError.Reason)
    }

    package let code: Code

    init(_ code: Code) { self.code = code }

    package var description: String {
        switch code {
        case .notAURL: "The URL is not written scheme://host: start it with https:// or http://."
        case .scheme: "The scheme is neither http nor https."
        case .port: "The port is not a number from 1 to 65535."
        case .path: "A path or query follows the origin: write scheme://host:port alone."
        case .query: "The base URL has a query: put it into the endpoints' parameters."
        case .fragment: "The base URL has a fragment, which is never sent: remove it."
        case .host(let code): HostError(code).description
        case .target(let reason): RequestTargetError(reason).description
        }
    }
}

/// `scheme://authority` and the rest, split but not judged.
struct URLParts {
    let scheme: Scheme
    let authority: Substring
    /// From the first `/`, `?` or `#` on.
    let rest: Substring

    init(_ text: some StringProtocol) throws(OriginError) {
        let text = Substring(text)
        let utf8 = text.utf8
        guard let colon = utf8.firstIndex(of: UInt8(ascii: ":")), utf8[colon...].starts(with: "://".utf8) else {
            throw OriginError(.notAURL)
        }
        guard let scheme = withBytes(of: text[..<colon], { Scheme(parsing: $0) }) else { throw OriginError(.scheme) }
        self.scheme = scheme
        let start = utf8.index(colon, offsetBy: 3)
        let end = utf8[start...].firstIndex { "/?#".utf8.contains($0) } ?? utf8.endIndex
        authority = text[start..<end]
        rest = text[end...]
    }
}
