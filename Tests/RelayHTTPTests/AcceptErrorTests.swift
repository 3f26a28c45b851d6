import Logging
import NIOCore
import NIOEmbedded
import Testing

@testable import RelayHTTP

struct AcceptErrorTests {
    private final class Reads: ChannelOutboundHandler {
        typealias OutboundIn = Never
        var count = 0
        func read(context: ChannelHandlerContext) { count += 1 }
    }

    @Test("a failed accept stops neither the listener nor its next accept, which waits a moment")
    func pauses() throws {
        let loop = EmbeddedEventLoop()
        let reads = Reads()
        let channel = EmbeddedChannel(handlers: [reads, AcceptErrorHandler(logger: quiet)], loop: loop)
        channel.read()
        #expect(reads.count == 1)
        channel.pipeline.fireErrorCaught(IOError(errnoCode: 24, reason: "accept"))
        // Would throw, had the error gone through.
        try channel.throwIfErrorCaught()
        channel.read()
        channel.read()
        #expect(reads.count == 1)
        loop.advanceTime(by: .milliseconds(100))
        #expect(reads.count == 2)
        channel.read()
        #expect(reads.count == 3)
    }
}
