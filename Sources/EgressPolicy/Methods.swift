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
}
