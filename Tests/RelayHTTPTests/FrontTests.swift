import NIOCore
import NIOHTTP1
import Synchronization
import TestSupport
import Testing

@testable import RelayHTTP

@Suite("The front offers each request to its services, and the rest to the router", .timeLimit(.minutes(5)))
struct FrontTests {
    @Test("On one connection, requests go to the front or to the router, each with its body", arguments: ["1.1", "2"])
    func shared(version: String) async throws {
        try await TestPort.with(services: [EchoService()]) { port in
            let result = try await port.curl(
                "--http\(version)", "--data", "through the front", "--write-out", " %{http_code} %{num_connects}\n",
                port.url("/front/echo"), port.url("/echo"), port.url("/front/echo"))
            #expect(
                result.output
                    == "front: through the front 200 1\nthrough the front 200 0\nfront: through the front 200 0\n",
                "\(result)")
        }
    }

    @Test("Who is refused before their body has come hears it, and the connection of one without a body goes on")
    func refused() async throws {
        try await TestPort.with(services: [EchoService()]) { port in
            let connection = try await port.raw()
            let head = "POST /front/refuse HTTP/1.1\r\nHost: localhost\r\n"
            try await connection.send(head + "\r\n")
            let first = await connection.read(until: "no")
            #expect(first.hasPrefix("HTTP/1.1 403") && !first.lowercased().contains("connection: close"), "\(first)")
            try await connection.send(head + "Content-Length: 5\r\n\r\n")
            let second = await connection.readToEnd()
            #expect(second.hasPrefix("HTTP/1.1 403") && second.lowercased().contains("connection: close"), "\(second)")
        }
    }

    @Test("An answer that had begun and cannot be finished is not whole for its client", arguments: ["1.1", "2"])
    func broken(version: String) async throws {
        try await TestPort.with(services: [EchoService()]) { port in
            let result = try await port.curl("--http\(version)", port.url("/front/break"))
            #expect(result.status != 0 && result.output.contains("half 200"), "\(result)")
        }
    }

    @Test("A client who leaves ends the exchange, once")
    func left() async throws {
        let service = EchoService()
        try await TestPort.with(services: [service]) { port in
            let connection = try await port.raw()
            try await connection.send("GET /front/wait HTTP/1.1\r\nHost: localhost\r\n\r\n")
            await service.waitForRequest()
            try await connection.channel.close()
            await service.waitForLeaving()
            #expect(service.left.withLock { $0 } == 1)
        }
    }

    @Test("Only a connection on which nothing is expected from the relay gets old")
    func idle() {
        let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)
        func at(_ seconds: Int64) -> NIODeadline { start + .seconds(seconds) }
        var clock = IdleClock(limit: .seconds(60), now: start)
        #expect(!clock.isOver(at(59)) && clock.isOver(at(60)))
        clock.requestBegan(at(50))
        // A request that stops coming.
        #expect(!clock.isOver(at(109)) && clock.isOver(at(110)))
        clock.receivedBody(at(100))
        #expect(!clock.isOver(at(159)))
        clock.requestEnded(at(150))
        // It is being answered, for as long as that takes.
        #expect(!clock.isOver(at(100_000)) && clock.deadline(at(200)) == at(260))
        clock.answered(at(100_000))
        #expect(!clock.isOver(at(100_059)) && clock.isOver(at(100_060)))
        #expect(clock.deadline(at(100_010)) == at(100_060))
    }
}

/// Echoes, refuses, breaks off or waits, by the path.
private final class EchoService: FrontService {
    let left = Mutex(0)
    private let requested = AsyncStream.makeStream(of: Void.self)
    private let leaving = AsyncStream.makeStream(of: Void.self)

    func serve(_ request: FrontRequest, for client: any FrontClient) -> (any FrontExchange)? {
        guard request.target.hasPrefix("/front/") else { return nil }
        let exchange = Exchange(String(request.target.dropFirst("/front/".count)), self, client)
        if request.target == "/front/wait" { requested.continuation.yield() }
        return exchange
    }

    func waitForRequest() async { for await _ in requested.stream { return } }
    func waitForLeaving() async { for await _ in leaving.stream { return } }

    private final class Exchange: FrontExchange {
        private let what: String
        private let service: EchoService
        private let client: any FrontClient
        private var body = ByteBuffer(string: "front: ")

        init(_ what: String, _ service: EchoService, _ client: any FrontClient) {
            self.what = what
            self.service = service
            self.client = client
        }

        func received(_ bytes: ByteBuffer) { body.writeImmutableBuffer(bytes) }

        func receivedEnd() {
            switch what {
            case "echo": answer(200, body)
            case "refuse": answer(403, ByteBuffer(string: "no"))
            case "break":
                client.begin(200, ["content-length": "8"])
                client.write(ByteBuffer(string: "half"))
                client.flush()
                let client = NIOLoopBound(client, eventLoop: client.eventLoop)
                client.value.eventLoop.scheduleTask(in: .milliseconds(50)) { client.value.abort() }
            default: break
            }
        }

        func receivedAll() {
            if what == "refuse" { answer(403, ByteBuffer(string: "no")) }
        }

        func writabilityChanged() {}

        func clientLeft() {
            service.left.withLock { $0 += 1 }
            service.leaving.continuation.yield()
        }

        private func answer(_ status: Int, _ body: ByteBuffer) {
            client.answer(status, ["content-length": String(body.readableBytes)], body)
        }
    }
}
