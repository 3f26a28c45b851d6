import NIOCore
import NIOHTTP1
import Value

/// The sample CRM's answers, without a socket.
struct SampleCRM: Sendable {
    struct Reply: Sendable {
        let status: HTTPResponseStatus
        let body: JSON
    }

    /// What every request must carry in `X-API-Key`.
    let key: String

    func reply(to head: HTTPRequestHead, _ body: ByteBuffer) -> Reply {
        guard head.headers["X-API-Key"] == [key] else {
            return Reply(status: .unauthorized, body: ["error": "The header X-API-Key is missing or wrong."])
        }
        let path = head.uri.prefix { $0 != "?" }
        switch (head.method, path) {
        case (.POST, "/api/v1/customers/search"): return search(body)
        case (.GET, _) where path.hasPrefix("/api/v1/customers/"):
            let id = String(path.dropFirst("/api/v1/customers/".count))
            guard let customer = CRMRecords.customer(id) else { return Self.notFound }
            return Reply(status: .ok, body: customer)
        default: return Self.notFound
        }
    }

    private static let notFound = Reply(status: .notFound, body: ["error": "There is nothing here."])

    private func search(_ body: ByteBuffer) -> Reply {
        guard let query = try? JSON.parse(body.readableBytesView), let words = query["query"]?.string else {
            return Reply(status: .badRequest, body: ["error": "Send {\"query\": \"…\", \"limit\": 10}."])
        }
        return Reply(status: .ok, body: .array(CRMRecords.search(words, limit: query["limit"]?.int ?? 10)))
    }
}

/// Reads one request after the other and writes the CRM's answers. Logs nothing.
final class SampleCRMHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private static let largestBody = 64 << 10

    private let crm: SampleCRM
    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    init(_ crm: SampleCRM) {
        self.crm = crm
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
        case .body(var part):
            guard body.readableBytes + part.readableBytes <= Self.largestBody else {
                return context.close(promise: nil)
            }
            body.writeBuffer(&part)
        case .end:
            guard let head else { return }
            self.head = nil
            write(crm.reply(to: head, body), to: head, context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    private func write(_ reply: SampleCRM.Reply, to head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let bytes = reply.body.bytes()
        var response = HTTPResponseHead(version: head.version, status: reply.status)
        response.headers.add(name: "Content-Type", value: "application/json")
        response.headers.add(name: "Content-Length", value: String(bytes.count))
        if !head.isKeepAlive { response.headers.add(name: "Connection", value: "close") }
        context.write(wrapOutboundOut(.head(response)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
        let isLast = !head.isKeepAlive
        let written = context.writeAndFlush(wrapOutboundOut(.end(nil)))
        if isLast {
            let channel = context.channel
            written.whenComplete { _ in channel.close(promise: nil) }
        }
    }
}
