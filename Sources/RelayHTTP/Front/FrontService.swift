import HTTPTypes
package import NIOCore
package import NIOHTTP1
package import Pipeline

/// A request's head as it came, over HTTP/1.1 or HTTP/2.
package struct FrontRequest: Sendable {
    package let method: String
    /// The raw target: path and query.
    package let target: String
    package let headers: HTTPHeaders
}

/// What answers requests on their connection's event loop, before the router sees them.
package protocol FrontService: Sendable {
    /// Takes a request, or leaves it to the next service and to the router at last. Called on the client's event loop.
    ///
    /// - Returns: what hears of the rest of the request; nil where it is none of this service's. It may have answered by then.
    func serve(_ request: FrontRequest, for client: any FrontClient) -> (any FrontExchange)?
}

/// One request that a service has taken. Called on the client's event loop.
package protocol FrontExchange: AnyObject {
    func received(_ bytes: ByteBuffer)
    /// The request is whole.
    func receivedEnd()
    /// All that has come by now was handed over; more of the request may follow.
    func receivedAll()
    /// Whether more may be written has changed.
    func writabilityChanged()
    /// The connection or stream is gone; nothing can be answered.
    func clientLeft()
}

/// Whoever made a request: takes one answer to it. Used on its event loop.
package protocol FrontClient: AnyObject {
    var eventLoop: any EventLoop { get }
    /// Knows whether they are still there; one for all requests of a connection.
    var watch: CallerWatch { get }
    /// False while what was written waits to leave.
    var isWritable: Bool { get }

    /// Asks for the request's body, where the client waits to be asked (RFC 9110, section 10.1.1).
    func askForBody()
    /// Whether more of the request is wanted now.
    func read(_ isWanted: Bool)
    /// Begins the answer.
    func begin(_ status: Int, _ headers: HTTPHeaders)
    func write(_ bytes: ByteBuffer)
    /// Sends what has been written; ``end()`` does as well.
    func flush()
    /// Ends the answer: nothing more of the exchange is heard or wanted.
    func end()
    /// Breaks the connection, or the stream: the answer had begun and cannot be finished.
    func abort()
}

extension FrontClient {
    /// Answers whole.
    func answer(_ status: Int, _ headers: HTTPHeaders, _ body: ByteBuffer?) {
        begin(status, headers)
        if let body, body.readableBytes > 0 { write(body) }
        end()
    }
}
