import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import ReverseHTTP

@Suite("Sessions", .timeLimit(.minutes(10)))
struct SessionTests {
    @Test("a small exchange is one send and comes back whole")
    func unary() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        let response = try await client.send(Request(head: get("/hello")))
        #expect(response.head.status == 200)
        #expect(try await response.text() == "hello")
        guard case .whole = response.body else {
            Issue.record("a small response was streamed")
            return
        }
    }

    @Test("a request's body and both sides' trailers pass")
    func trailers() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        let call = client.start(post("/echo"), hasBody: true)
        try await call.write(ByteBuffer(string: "one "))
        try await call.write(ByteBuffer(string: "two"))
        call.finish(trailers: ["x-sum": "7"])
        let response = try await call.response()
        #expect(try await response.text() == "one two")
        #expect(call.trailers?.first(name: "x-sum") == "7")
    }

    @Test("field names arrive in lower case, connection fields not at all")
    func fields() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        let headers: HTTPHeaders = [
            "X-Mixed": "1", "Connection": "x-mixed", "Keep-Alive": "5", "Transfer-Encoding": "chunked",
            "Proxy-Connection": "close", "Upgrade": "h2c", "Authorization": "Bearer t",
        ]
        let text = try await client.send(Request(head: get("/headers", headers: headers))).text()
        #expect(text == "authorization: Bearer t\nx-mixed: 1\n")
    }

    @Test("a 64 MiB download arrives whole while no more than the windows is ever held")
    func download() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        let call = client.start(get("/source?\(64 << 20)"), hasBody: false)
        let response = try await call.response()
        #expect(response.head.status == 200)
        var total = 0
        while let chunk = try await call.next() { total += chunk.readableBytes }
        #expect(total == 64 << 20)
    }

    @Test("a 64 MiB upload arrives whole, written as fast as it is taken")
    func upload() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        let call = client.start(post("/sink"), hasBody: true)
        for _ in 0..<4096 { try await call.write(TestExchange.block) }
        call.finish()
        #expect(try await call.response().text() == "\(64 << 20)")
    }

    @Test("a task that is cancelled resets its stream and ends the peer's work")
    func cancellation() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        let task = Task { try await client.send(Request(head: get("/wait"))) }
        while listener.peer.requests("/wait") == 0 { await Task.yield() }
        task.cancel()
        await #expect(throws: StreamError.self) { try await task.value }
        await listener.peer.ended("/wait")
        #expect(listener.peer.closed("/wait") == [.reset(.cancel, byPeer: true)])
        #expect(try await client.send(Request(head: get("/hello"))).text() == "hello")
    }

    @Test("a deadline that passes ends the call as timed out")
    func deadline() async throws {
        let listener = try await TestListener.start()
        let now = Mutex(NIODeadline.now())
        var configuration = SessionConfiguration.patient
        configuration.now = { now.withLock { $0 } }
        let client = try await listener.client(configuration)
        let deadline = now.withLock { $0 } + .seconds(10)
        let call = client.start(get("/wait"), hasBody: false, deadline: CallDeadline(deadline))
        while listener.peer.requests("/wait") == 0 { await Task.yield() }
        now.withLock { $0 = deadline }
        let error = await #expect(throws: StreamError.self) { try await call.response() }
        #expect(error?.code == .timedOut)
        #expect(error?.sent == true)
        await listener.peer.ended("/wait")
    }

    @Test("a response's body whose next piece does not come is timed out, though its head came in time")
    func idleResponse() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        let deadline = CallDeadline(.now() + .minutes(10), endsAtHead: true, idle: .milliseconds(50))
        let call = client.start(post("/echo"), hasBody: true, deadline: deadline)
        try await call.write(ByteBuffer(string: "a"))
        // On a busy machine even the first piece may come too late.
        let error = await #expect(throws: StreamError.self) {
            _ = try await call.response()
            while let piece = try await call.next() { #expect(piece == ByteBuffer(string: "a")) }
        }
        #expect(error?.code == .timedOut)
    }

    @Test("a request's body that is not taken is timed out, and one that moves has no deadline")
    func idleRequest() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        let deadline = CallDeadline(.now() + .milliseconds(1), endsAtHead: true, idle: .milliseconds(200))
        let call = client.start(post("/stall"), hasBody: true, deadline: deadline)
        let error = await #expect(throws: StreamError.self) {
            while true { try await call.write(TestExchange.block) }
        }
        #expect(error?.code == .timedOut)
    }

    @Test("an early answer stops an upload without failing the call")
    func earlyAnswer() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        let call = client.start(post("/early"), hasBody: true)
        let response = try await call.response()
        #expect(response.head.status == 413)
        await listener.peer.ended("/early")
        #expect(listener.peer.closed("/early") == [.finished])
    }

    @Test("above the peer's stream limit a call is refused here, not queued without bound")
    func streamLimit() async throws {
        var configuration = SessionConfiguration.patient
        configuration.concurrentStreams = 2
        let listener = try await TestListener.start(configuration)
        let client = try await listener.client()
        _ = try await client.send(Request(head: get("/hello")))
        let first = client.start(get("/wait"), hasBody: false)
        let second = client.start(get("/wait"), hasBody: false)
        let error = await #expect(throws: StreamError.self) { try await client.send(Request(head: get("/hello"))) }
        #expect(error?.code == .overloaded)
        first.cancel()
        second.cancel()
        await listener.peer.ended("/wait")
    }

    @Test("a request with a header list over 64 KiB fails alone, and so does such a response")
    func largeHeaders() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        let large: HTTPHeaders = ["x-large": String(repeating: "a", count: 70 << 10)]
        let request = await #expect(throws: StreamError.self) {
            try await client.send(Request(head: get("/hello", headers: large)))
        }
        #expect(request?.code == .headerListTooLarge)
        let response = await #expect(throws: StreamError.self) {
            try await client.send(Request(head: get("/large-head")))
        }
        #expect(response?.wireCode == .internalError)
        #expect(try await client.send(Request(head: get("/hello"))).text() == "hello")
    }

    @Test("when the connector drains, calls in flight finish and new ones are refused unprocessed")
    func serverDrain() async throws {
        var configuration = SessionConfiguration.patient
        configuration.drainNotice = .milliseconds(1)
        let listener = try await TestListener.start(configuration)
        let client = try await listener.client()
        let call = client.start(post("/echo"), hasBody: true)
        try await call.write(ByteBuffer(string: "before "))
        let response = try await call.response()
        listener.peer.sessions[0].drain()
        while client.isAccepting { await Task.yield() }
        let refused = await #expect(throws: StreamError.self) { try await client.send(Request(head: get("/hello"))) }
        #expect(refused?.code == .refused)
        #expect(refused?.sent == false)
        try await call.write(ByteBuffer(string: "after"))
        call.finish()
        #expect(try await response.text() == "before after")
        try await client.closeFuture.get()
    }

    @Test("when the relay drains, the connector hears it and calls in flight finish")
    func clientDrain() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        let call = client.start(post("/echo"), hasBody: true)
        try await call.write(ByteBuffer(string: "a"))
        let response = try await call.response()
        let heard = group.next().makePromise(of: Void.self)
        listener.peer.sessions[0].onPeerLeaving { heard.succeed() }
        client.drain()
        try await heard.futureResult.get()
        call.finish()
        #expect(try await response.text() == "a")
        try await client.closeFuture.get()
    }

    @Test("when the connection breaks, every waiting call hears it")
    func brokenConnection() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        let calls = (0..<10).map { _ in client.start(get("/wait"), hasBody: false) }
        while listener.peer.requests("/wait") < 10 { await Task.yield() }
        listener.peer.sessions[0].close()
        for call in calls {
            let error = await #expect(throws: StreamError.self) { try await call.response() }
            #expect(error?.code == .sessionClosed)
        }
        #expect(client.callsInFlight == 0)
    }

    @Test("T1: a peer behind a wire that swallows everything is given up")
    func swallowed() async throws {
        var configuration = SessionConfiguration.patient
        configuration.keepalive.idle = .milliseconds(50)
        configuration.keepalive.answer = .milliseconds(50)
        let silent = try await ServerBootstrapOfSilence.start()
        let client = try await connectClient(port: silent.localAddress?.port ?? 0, configuration)
        try await client.closeFuture.get()
    }

    @Test("T3: a hundred stalled readers leave every active stream moving")
    func stalledReaders() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        // Each of them is sent more than its window and read by nobody.
        let stalled = (0..<100).map { _ in client.start(get("/source?\(1 << 20)"), hasBody: false) }
        for call in stalled { _ = try? await call.response() }
        try await withThrowingTaskGroup(of: Int.self) { tasks in
            for _ in 0..<10 {
                tasks.addTask {
                    try await client.send(Request(head: get("/source?\(4 << 20)"))).collect().count
                }
            }
            for try await count in tasks { #expect(count == 4 << 20) }
        }
        // The same the other way: a hundred uploads that the peer does not read.
        let uploads = (0..<100).map { _ in client.start(post("/stall"), hasBody: true) }
        for call in uploads {
            try? await call.write(TestExchange.block)
        }
        let call = client.start(post("/sink"), hasBody: true)
        for _ in 0..<256 { try await call.write(TestExchange.block) }
        call.finish()
        #expect(try await call.response().text() == "\(4 << 20)")
        for call in stalled + uploads { call.cancel() }
    }

    @Test("T4: both directions saturated at once never deadlock")
    func bothWays() async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        try await withThrowingTaskGroup(of: Int.self) { tasks in
            for _ in 0..<8 {
                tasks.addTask {
                    let call = client.start(post("/echo"), hasBody: true)
                    async let received: Int = {
                        var count = 0
                        _ = try await call.response()
                        while let chunk = try await call.next() { count += chunk.readableBytes }
                        return count
                    }()
                    for _ in 0..<512 { try await call.write(TestExchange.block) }
                    call.finish()
                    return try await received
                }
            }
            for try await count in tasks { #expect(count == 8 << 20) }
        }
    }

    @Test(
        "T6: each chunk leaves at once: the next is written only when the last was seen",
        arguments: ["GET", "POST", "PUT"])
    func chunkByChunk(method: String) async throws {
        let listener = try await TestListener.start()
        let client = try await listener.client()
        let head = RequestHead(method: method, scheme: "http", authority: "test", path: "/echo")
        let call = client.start(head, hasBody: true)
        _ = try await call.response()
        for number in 0..<20 {
            try await call.write(ByteBuffer(string: "chunk \(number)"))
            #expect(try await call.next().map { String(buffer: $0) } == "chunk \(number)")
        }
        call.finish()
        #expect(try await call.next() == nil)
    }
}
