/// What request methods promise.
package enum Methods {
    /// Whether sending a request twice does no more than sending it once (RFC 9110, section 9.2.2). Methods are
    /// case-sensitive.
    package static func isIdempotent(_ method: String) -> Bool {
        switch method {
        case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE": true
        default: false
        }
    }

    /// Whether no request of this method is ever sent, to whatever origin, in whatever case it is written: `TRACE` (and
    /// Microsoft's `TRACK`) sends the request back with its credential in it, and `CONNECT` turns a connection into raw
    /// bytes (RFC 9110, sections 9.3.6 and 9.3.8).
    package static func isRefused(_ method: some StringProtocol) -> Bool {
        ["TRACE", "TRACK", "CONNECT"].contains(method.uppercased())
    }
}
