package import NIOCore
package import NIOHTTP1

/// One request with a body that is at hand.
package struct Request: Sendable {
    package var head: RequestHead
    package var body: ByteBuffer?
    package var deadline: CallDeadline?
    /// A slot was taken by ``ClientSession/reserve()``.
    package var isReserved: Bool

    package init(
        head: RequestHead, body: ByteBuffer? = nil, deadline: CallDeadline? = nil, isReserved: Bool = false
    ) {
        self.head = head
        self.body = body
        self.deadline = deadline
        self.isReserved = isReserved
    }
}

/// When a call must be over.
package struct CallDeadline: Sendable {
    package var time: NIODeadline
    /// Only the response's head must have come by then.
    package var endsAtHead: Bool
    /// For bodies that stream: how long their next piece may take, of the request's until its head is answered, of the
    /// response's while somebody waits for it. Nil for as long as the deadline allows.
    package var idle: TimeAmount?

    package init(_ time: NIODeadline, endsAtHead: Bool = false, idle: TimeAmount? = nil) {
        self.time = time
        self.endsAtHead = endsAtHead
        self.idle = idle
    }
}

/// One response.
package struct Response: Sendable {
    package var head: ResponseHead
    package var body: Body

    /// A response's body.
    package enum Body: Sendable {
        /// It had arrived whole.
        case whole(ByteBuffer?, trailers: HTTPHeaders?)
        /// It is still coming; read it from the call.
        case streamed(ClientCall)
    }
}
