/// Why bytes are not a request that can be served. Nothing behind them can be read.
package struct RequestFault: Error, Equatable {
    /// The HTTP status to answer with.
    package let status: Int
    /// What is wrong, in a sentence for whoever wrote the client.
    package let detail: String

    private init(_ status: Int, _ detail: String) {
        self.status = status
        self.detail = detail
    }

    package static let notHTTP = RequestFault(400, "What came is not an HTTP/1.1 request.")
    package static let target = RequestFault(400, "The request's target is malformed.")
    package static let field = RequestFault(400, "A header field of the request is malformed.")
    package static let lengths = RequestFault(400, "The request has more than one Content-Length.")
    package static let length = RequestFault(400, "The request's Content-Length is not a number.")
    package static let lengthBesideCoding = RequestFault(
        400, "The request has both Content-Length and Transfer-Encoding; it must have one.")
    package static let coding = RequestFault(400, "The request's Transfer-Encoding does not end in chunked, once.")
    package static let unknownCoding = RequestFault(501, "The relay takes no Transfer-Encoding but chunked.")
    package static let version = RequestFault(505, "The relay speaks HTTP/1.1, HTTP/1.0 and HTTP/2.")
    package static let tooLarge = RequestFault(431, "The request's header fields are larger than is taken here.")
    package static let chunks = RequestFault(400, "The request's chunked body is malformed.")
    package static let cutShort = RequestFault(400, "The connection ended before the request did.")
}
