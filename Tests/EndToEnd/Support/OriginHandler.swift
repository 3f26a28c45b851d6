import NIOCore
import NIOHTTP1
import Synchronization
import Value

/// One connection of a ``TestOrigin``.
final class OriginHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let shared: TestOrigin.Shared
    private var seen: TestOrigin.Seen?
    /// Its place in the log.
    private var index = 0
    private var gate: Gate?
    private var isMirror = false
    /// Bytes of a download that have not been written; nil when there is none.
    private var owed: Int?
    private static let kept = 64 << 10
    private static let block = ByteBuffer(repeating: 0x61, count: 64 << 10)

    init(_ shared: TestOrigin.Shared) { self.shared = shared }

    func channelActive(context: ChannelHandlerContext) {
        shared.state.withLock {
            $0.connections += 1
            $0.opened += 1
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        shared.state.withLock { $0.connections -= 1 }
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): begin(head, context)
        case .body(let part): receive(part, context)
        case .end: finish(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let seen = TestOrigin.Seen(method: head.method.rawValue, target: head.uri, headers: head.headers)
        self.seen = seen
        gate = nil
        isMirror = seen.path == "/mirror"
        index = shared.state.withLock {
            $0.seen.append(seen)
            return $0.seen.count - 1
        }
        if seen.path == "/gated" {
            let gate = Gate(seen, on: context.channel)
            self.gate = gate
            shared.state.withLock { $0.gates.append(gate) }
        } else if isMirror {
            let headers: HTTPHeaders = ["content-type": "application/octet-stream", "transfer-encoding": "chunked"]
            context.writeAndFlush(
                wrapOutboundOut(.head(.init(version: .http1_1, status: .ok, headers: headers))), promise: nil)
        }
    }

    private func receive(_ part: ByteBuffer, _ context: ChannelHandlerContext) {
        seen?.bytes += part.readableBytes
        if let kept = seen?.body.readableBytes, kept < Self.kept { seen?.body.writeImmutableBuffer(part) }
        let bytes = seen?.bytes ?? 0
        let index = index
        shared.state.withLock {
            $0.received += part.readableBytes
            $0.seen[index].bytes = bytes
        }
        gate?.receive(part)
        if isMirror { context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(part))), promise: nil) }
    }

    private func finish(_ context: ChannelHandlerContext) {
        seen?.isWhole = true
        guard let seen else { return }
        let index = index
        shared.state.withLock { $0.seen[index] = seen }
        if let gate { return gate.receiveEnd() }
        if isMirror { return context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
        let script = shared.state.withLock { $0.scripts[seen.path] }
        write(script?(seen) ?? Self.standard(seen), context)
    }

    private static func standard(_ seen: TestOrigin.Seen) -> TestOrigin.Reply {
        let parts = seen.path.split(separator: "/")
        switch parts.first {
        case "hello": return .json(["hello": "world"])
        case "never": return .never
        case "sink": return .json(["bytes": .number(JSONNumber(seen.bytes))])
        case "bytes": return .download(parts.last.flatMap { Int($0) } ?? 0)
        case "status":
            return .json(["said": "by the origin"], status: parts.last.flatMap { Int($0) } ?? 500)
        case "echo", "items", "search": return .json(echo(seen))
        default: return .json(["error": "there is nothing here"], status: 404)
        }
    }

    private static func echo(_ seen: TestOrigin.Seen) -> JSON {
        [
            "method": .string(seen.method), "target": .string(seen.target),
            "headers": .array(seen.headers.map { [.string($0.name), .string($0.value)] }),
            "body": .string(String(buffer: seen.body)),
        ]
    }

    private func write(_ reply: TestOrigin.Reply, _ context: ChannelHandlerContext) {
        switch reply {
        case .json(let json, let status, var headers):
            if !headers.contains(name: "content-type") { headers.add(name: "content-type", value: "application/json") }
            whole(json.bytes(), status, headers, context)
        case .bytes(let bytes, let status, let headers):
            whole(bytes, status, headers, context)
        case .download(let count):
            let headers: HTTPHeaders = ["content-type": "application/octet-stream", "content-length": "\(count)"]
            context.write(
                wrapOutboundOut(.head(.init(version: .http1_1, status: .ok, headers: headers))), promise: nil)
            owed = count
            pay(context)
        case .raw(let text, let close):
            guard let door = try? context.pipeline.syncOperations.context(name: RawDoor.name) else { return }
            let written = door.writeAndFlush(NIOAny(ByteBuffer(string: text)))
            let channel = context.channel
            if close { written.whenComplete { _ in channel.close(promise: nil) } }
        case .hangUp: context.close(promise: nil)
        case .never: break
        }
    }

    private func whole(_ bytes: [UInt8], _ status: Int, _ headers: HTTPHeaders, _ context: ChannelHandlerContext) {
        var headers = headers
        if !headers.contains(name: "content-length"), status != 204, status != 304, status >= 200 {
            headers.add(name: "content-length", value: "\(bytes.count)")
        }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if seen?.method != "HEAD", !bytes.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: bytes)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        pay(context)
        context.fireChannelWritabilityChanged()
    }

    /// Writes what is owed while the peer takes it. Writing may call this again, so the books are kept before.
    private func pay(_ context: ChannelHandlerContext) {
        while let rest = owed, context.channel.isWritable || rest == 0 {
            owed = rest == 0 ? nil : rest - min(rest, Self.block.readableBytes)
            guard rest > 0 else { return context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
            let piece = Self.block.getSlice(at: 0, length: min(rest, Self.block.readableBytes)) ?? Self.block
            context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(piece))), promise: nil)
        }
    }
}
