import NIOCore
import NIOPosix
import ReverseHTTP
import TestSupport
import Testing
import Tunnels

@testable import RelayHTTP

@Suite("public port", .timeLimit(.minutes(10)))
struct PublicPortTests {
    @Test("curl is answered over HTTP/1.1 and over HTTP/2 on the same port", arguments: ["1.1", "2"])
    func curl(version: String) async throws {
        try await TestPort.with { port in
            let get = try await port.curl("--http\(version)", port.url("/hello"))
            #expect(get.output == "hello 200 \(version)")
            let post = try await port.curl("--http\(version)", "--data", "through the dam", port.url("/echo"))
            #expect(post.output == "through the dam 200 \(version)")
        }
    }

    @Test("several requests are answered on one connection", arguments: ["1.1", "2"])
    func keepAlive(version: String) async throws {
        try await TestPort.with { port in
            let result = try await port.curl(
                "--http\(version)", "--verbose", port.url("/hello"), port.url("/hello"))
            #expect(result.output.contains("Re-using existing connection"))
        }
    }

    @Test("the raw request target reaches handlers as it was sent", arguments: ["1.1", "2"])
    func rawTarget(version: String) async throws {
        try await TestPort.with { port in
            let target = "//a/./b/../%2e%2E/c%2Fd//?x=//"
            let result = try await port.curl("--http\(version)", "--path-as-is", port.url(target))
            #expect(result.output == "\(target) 200 \(version)")
        }
    }

    @Test("nothing older than TLS 1.2 is served")
    func refusesOld() async throws {
        try await TestPort.with { port in
            let old = try await port.curl("--tls-max", "1.1", "--ciphers", "DEFAULT@SECLEVEL=0", port.url("/hello"))
            #expect(old.status != 0)
            let tls12 = try await port.curl("--tls-max", "1.2", port.url("/hello"))
            #expect(tls12.output.hasPrefix("hello 200"))
        }
    }

    @Test("a plain-HTTP request to the TLS port gets a sentence", arguments: ["--get", "--head", "--data=x"])
    func plain(kind: String) async throws {
        try await TestPort.with { port in
            let arguments = kind == "--data=x" ? ["--data", "x"] : [kind]
            let answer = try await Program.run(
                "curl", ["--silent", "--show-error", "--include"] + arguments + ["http://localhost:\(port.port)/hello"])
            #expect(answer.status == 0, "\(answer.output)")
            #expect(answer.output.hasPrefix("HTTP/1.1 400 "))
            #expect(answer.output.contains("This port speaks HTTPS only") == (kind != "--head"))
        }
    }

    @Test("a connector's connection becomes a tunnel, and a call goes through it")
    func tunnel() async throws {
        try await TestPort.with { port in
            let connector = try await port.dial()
            var opened = port.opened.makeAsyncIterator()
            _ = await opened.next()
            let lease = try await port.hub.lease("tun_1", deadline: .now() + .minutes(5))
            #expect(lease.identity.remoteAddress == "127.0.0.1")
            let head = RequestHead(method: "GET", scheme: "http", authority: "crm.internal", path: "/customers/1")
            let response = try await lease.session.send(Request(head: head, isReserved: true))
            #expect(response.head.status == 200)
            guard case .whole(let body?, _) = response.body else { throw TestFailure() }
            #expect(String(buffer: body) == "/customers/1")
            let handlers = try await lease.session.eventLoop.submit {
                "\(lease.session.channel.pipeline.debugDescription)"
            }.get()
            #expect(
                !handlers.contains("RequestReader") && !handlers.contains("Guard") && !handlers.contains("Upgrade")
            )
            connector.close()
            try await lease.session.closeFuture.get()
        }
    }

    @Test("the 101 names the event loop that holds the session")
    func loops() async throws {
        try await TestPort.with { port in
            let loops = Array(group.makeIterator())
            var opened = port.opened.makeAsyncIterator()
            for _ in loops {
                let (places, said) = AsyncStream.makeStream(
                    of: PTTH.LoopPlace?.self, bufferingPolicy: .bufferingOldest(1))
                _ = try await port.dial { said.yield($0) }
                let session = try #require(await opened.next())
                var answers = places.makeAsyncIterator()
                let place = try #require(await answers.next() ?? nil)
                #expect(place.count == loops.count)
                #expect(loops[place.index] === session.eventLoop)
            }
        }
    }

    @Test("what comes with a tunnel's request, and behind it, is the tunnel's")
    func tunnelBytes() async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            let settings = String(repeating: "\0", count: 3) + "\u{4}" + String(repeating: "\0", count: 5)
            try await connection.send(
                "GET /v1/tunnel HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: ptth\r\nALPN: h2\r\n"
                    + "Authorization: Bearer right\r\n\r\n" + settings)
            let acknowledged = "\0\0\0\u{4}\u{1}\0\0\0\0"
            var answer = ""
            for await piece in connection.pieces {
                answer += piece
                if answer.contains(acknowledged) { break }
            }
            #expect(answer.hasPrefix("HTTP/1.1 101 ") && answer.contains(acknowledged), "\(answer.debugDescription)")
            connection.channel.close(promise: nil)
        }
    }

    @Test("C7: a connector with a wrong token is told so by the router")
    func refusedTunnel() async throws {
        try await TestPort.with { port in
            let refusal = await #expect(throws: PTTH.Refusal.self) { _ = try await port.dial(token: "wrong") }
            #expect(refusal?.status == 401)
            #expect(refusal?.body.contains("UNAUTHORIZED") == true)
        }
    }

    @Test("a session the hub does not take is told to leave")
    func hubRefuses() async throws {
        try await TestPort.with(isTaking: false) { port in
            let connection = try await port.raw()
            try await connection.send(
                "GET /v1/tunnel HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: ptth\r\nALPN: h2\r\n"
                    + "Authorization: Bearer right\r\n\r\n")
            let answer = await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 101 "))
            // GOAWAY with NO_ERROR (RFC 9113, section 6.8).
            #expect(answer.hasSuffix("\0\0\u{8}\u{7}" + String(repeating: "\0", count: 13)))
        }
    }

    @Test("a request for a tunnel that has a body is answered, and its connection closed")
    func tunnelWithBody() async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            try await connection.send(
                "GET /v1/tunnel HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: ptth\r\nALPN: h2\r\n"
                    + "Authorization: Bearer wrong\r\nContent-Length: 5\r\n\r\nhello")
            let answer = await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 401 "))
            #expect(answer.lowercased().contains("connection: close"))
        }
    }

    @Test("an upgrade to something else is passed over, and what follows the answer is not waited for")
    func otherUpgrade() async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            try await connection.send(
                "GET /hello HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nGET /")
            let answer = await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.hasSuffix("hello"))
        }
    }
}

struct TestFailure: Error {}
