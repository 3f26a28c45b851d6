package import NIOHTTP1

/// The head of one request inside a session: pseudo-header fields (RFC 9113, section 8.3.1) beside ordinary ones.
package struct RequestHead: Sendable, Equatable {
    package var method: String
    package var scheme: String
    package var authority: String
    /// `:path`, exactly as it goes on the wire.
    package var path: String
    package var headers: HTTPHeaders
    /// Lower-case names of fields whose values must not enter the HPACK table (RFC 7541, section 7.1.3);
    /// `authorization` and `cookie` never do.
    package var sensitive: [String]

    package init(
        method: String, scheme: String, authority: String, path: String, headers: HTTPHeaders = [:],
        sensitive: [String] = []
    ) {
        self.method = method
        self.scheme = scheme
        self.authority = authority
        self.path = path
        self.headers = headers
        self.sensitive = sensitive
    }
}

/// The head of one final response inside a session.
package struct ResponseHead: Sendable, Equatable {
    package var status: Int
    package var headers: HTTPHeaders

    package init(status: Int, headers: HTTPHeaders = [:]) {
        self.status = status
        self.headers = headers
    }
}
