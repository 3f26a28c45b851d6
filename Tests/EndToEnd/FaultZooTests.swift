import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing
import Value

@Suite(
    "Whatever an API does wrong has its code, its stage and its truth about sent", .serialized, .timeLimit(.minutes(4)))
struct FaultZooTests {
    /// What a tool call of `hello` answers.
    struct Outcome: Sendable {
        let code: String
        let status: Int
        let stage: String
        var upstream: Int?
        var sent = true
    }

    private func expect(
        _ outcome: Outcome, _ answer: Answer, _ name: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(
            answer.code == outcome.code && answer.stage == outcome.stage, "\(name): \(answer)",
            sourceLocation: sourceLocation)
        expectProblem(
            answer, outcome.code, outcome.status, stage: outcome.stage, upstream: outcome.upstream,
            sourceLocation: sourceLocation)
        #expect(answer.json["sent"]?.bool == outcome.sent, "\(name): \(answer)", sourceLocation: sourceLocation)
    }

    @Test("A refused connection and an unknown name were not sent, on either route", arguments: TestRoute.allCases)
    func unreachable(route: TestRoute) async throws {
        let nobody = "https://localhost:\(try FreePort.next())"
        let gone = "https://gone.invalid"
        let scene = try await TwoRoutes.make(
            allow: [TestConnector.allow(nobody), TestConnector.allow(gone)], starts: route == .tunnel)
        for (slug, base, stage) in [("nobody", nobody, "tcp"), ("gone", gone, "dns")] {
            try await scene.apply(route, slug, base)
            let outcome = Outcome(code: "CONNECTION_REFUSED", status: 502, stage: stage, sent: false)
            expect(outcome, try await scene.call(slug), slug)
            expect(outcome, try await scene.relay.proxy(.GET, slug, "/hello", token: scene.account.agent), slug)
            #expect(try await scene.call(slug, "echo").json["sent"] == false)
        }
        try await scene.end()
    }

    @Test("S10, S11: broken answers are told apart, on either route", arguments: TestRoute.allCases)
    func brokenAnswers(route: TestRoute) async throws {
        let ok = "HTTP/1.1 200 OK\r\n"
        let reset = Outcome(code: "CONNECTION_REFUSED", status: 502, stage: "origin")
        let nonsense = Outcome(code: "UPSTREAM_ERROR", status: 502, stage: "origin")
        let faults: [(String, TestOrigin.Reply, Outcome)] = [
            ("no head", .hangUp, reset),
            ("half a head", .raw(ok + "Content-Ty"), route == .direct ? nonsense : reset),
            ("half a body", .raw(ok + "Content-Length: 100\r\n\r\nhello"), reset),
            ("half a chunk", .raw(ok + "Transfer-Encoding: chunked\r\n\r\nff\r\nhello"), reset),
            ("another protocol", .raw("SSH-2.0-OpenSSH_9.9\r\n"), nonsense),
            ("two lengths", .raw(ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!"), nonsense),
            (
                "a length and chunks", .raw(ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                nonsense
            ),
            (
                "a broken chunk", .raw(ok + "Transfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n"),
                route == .direct ? nonsense : reset
            ),
        ]
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        for (index, (name, reply, outcome)) in faults.enumerated() {
            scene.origin.script("/hello") { _ in reply }
            try await scene.apply(route, "f\(index)")
            expect(outcome, try await scene.call("f\(index)"), name)
            scene.origin.script("/hello") { _ in .json(["hello": "world"]) }
            #expect(try await scene.call("f\(index)").status == 200, "\(name)")
        }
        // What follows a whole answer is never taken for another one.
        scene.origin.script("/hello") { _ in
            .raw(ok + "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 200 OK\r\n\r\n", close: false)
        }
        try await scene.apply(route, "more")
        #expect(try await scene.call("more").json["data"] == "hello")
        #expect(try await scene.call("more", "item", ["id": "7"]).json["data"]?["target"] == "/items/7")
        try await scene.end()
    }

    @Test("What real servers send and RFC 9112 allows is read, on either route", arguments: TestRoute.allCases)
    func realServers(route: TestRoute) async throws {
        let answers =
            [
                "HTTP/1.1 200 OK\ncontent-type: text/plain\ncontent-length: 5\n\nhello",
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nContent-Length: 5   \r\n\r\nhello",
                "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ntransfer-encoding: chunked\r\n\r\n5  \r\nhello\r\n0\r\n\r\n",
                "HTTP/1.1 200 OK\r\nx: one\r\n two\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello",
            ]
            + ["UTF-8", "none", "binary", "aws-chunked"].map {
                "HTTP/1.1 200 OK\r\ncontent-encoding: \($0)\r\ncontent-type: text/plain\r\ncontent-length: 5\r\n\r\nhello"
            }
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        try await scene.apply(route, "real")
        for answer in answers {
            scene.origin.script("/hello") { _ in .raw(answer) }
            #expect(try await scene.call("real").json["data"] == "hello", "\(answer)")
        }
        try await scene.end()
    }

    @Test(
        "A DELETE that is done with a 204 is done once, whatever the head says of a body", arguments: TestRoute.allCases
    )
    func noContent(route: TestRoute) async throws {
        let heads = ["content-length: 5", "transfer-encoding: chunked", "content-length: x", "content-encoding: gzip"]
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        try await scene.apply(
            route, "gone", endpoints: [Definitions.endpoint("remove", "DELETE", "/thing")],
            connection: ["retry_attempts": 3])
        for (index, head) in heads.enumerated() {
            scene.origin.script("/thing") { _ in .raw("HTTP/1.1 204 No Content\r\n\(head)\r\n\r\n") }
            let answer = try await scene.call("gone", "remove")
            #expect(answer.status == 200 && answer.json["status"] == 204, "\(head): \(answer)")
            #expect(scene.origin.seen.count { $0.target == "/thing" } == index + 1, "\(head)")
        }
        // What cannot be read was answered all the same, and is not asked for again.
        scene.origin.script("/thing") { _ in .raw("HTTP/1.1 999 Odd\r\ncontent-length: 0\r\n\r\n") }
        expect(
            Outcome(code: "UPSTREAM_ERROR", status: 502, stage: "origin", upstream: 999),
            try await scene.call("gone", "remove"), "999")
        #expect(scene.origin.seen.count { $0.target == "/thing" } == heads.count + 1)
        try await scene.end()
    }

    @Test("PROPFIND and a GET with a body reach the API as they are, on either route", arguments: TestRoute.allCases)
    func methods(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        let find: JSON = [
            "name": "find", "method": "GET", "path": "/search",
            "request_body": ["type": "object", "properties": ["query": ["type": "string"]]],
        ]
        try await scene.apply(
            route, "methods", endpoints: [Definitions.endpoint("list", "PROPFIND", "/items/all"), find])
        let listed = try await scene.call("methods", "list")
        #expect(listed.json["data"]?["method"] == "PROPFIND", "\(listed)")
        let found = try await scene.call("methods", "find", ["query": "boats"])
        #expect(found.json["data"]?["method"] == "GET", "\(found)")
        #expect(found.json["data"]?["body"]?.string == #"{"query":"boats"}"#, "\(found)")
        let raw = try await scene.relay.proxy(
            .PROPFIND, "methods", "/items/all", token: scene.account.agent)
        #expect(raw.json["method"] == "PROPFIND", "\(raw)")
        try await scene.end()
    }

    @Test(
        "S10: an API that is silent, trickles or stops is a TIMEOUT within the deadline", arguments: TestRoute.allCases)
    func silence(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        try await scene.apply(
            route, "slow", endpoints: Definitions.standard + [Definitions.endpoint("gated", "GET", "/gated")],
            timeout: 3000)
        let late = Outcome(code: "TIMEOUT", status: 504, stage: "origin")
        expect(late, try await scene.call("slow", "never"), "never")
        expect(late, try await scene.relay.proxy(.GET, "slow", "/never", token: scene.account.agent), "never")
        async let stopping = scene.call("slow", "gated")
        let gate = try await scene.origin.nextGate()
        try await gate.head(200, ["content-type": "application/json", "content-length": "100"])
        try await gate.send("[")
        let stopped = try await stopping
        #expect(stopped.code == "TIMEOUT", "\(stopped)")
        #expect(stopped.stage == "origin" && stopped.json["sent"] == true, "\(stopped)")
        try await eventually("the origin's connection closes") { gate.isGone }
        #expect(try await scene.call("slow").status == 200)
        try await scene.end()
    }

    @Test("S10: answers that are too large, as they come or decoded, are refused", arguments: TestRoute.allCases)
    func tooLarge(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(["limits": ["response_bytes": "256KiB"]], starts: route == .tunnel)
        try await scene.apply(route, "large", authentication: Definitions.apiKey("a-key-of-sorts"))
        let tooLarge = Outcome(code: "RESPONSE_TOO_LARGE", status: 502, stage: "relay", upstream: 200)
        expect(tooLarge, try await scene.call("large", "bytes", ["count": 300_000]), "a length")
        expect(tooLarge, try await scene.call("large", "bytes", ["count": 50_000_000]), "a large length")
        scene.origin.script("/hello") { _ in
            .raw(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + String(repeating: "10000\r\n" + String(repeating: "a", count: 65_536) + "\r\n", count: 5)
                    + "0\r\n\r\n")
        }
        expect(tooLarge, try await scene.call("large"), "chunks")
        let bomb = try await Self.gzipped(String(repeating: "0", count: 20_000_000))
        #expect(bomb.count < 100_000)
        scene.origin.script("/hello") { _ in
            .bytes(bomb, headers: ["content-type": "application/json", "content-encoding": "gzip"])
        }
        let bombed = try await scene.call("large")
        #expect(bombed.code == "RESPONSE_TOO_LARGE" && bombed.json["sent"] == true, "\(bombed)")
        // With a credential to look for, a stream is decoded too: a bomb ends it.
        let raw = try? await scene.relay.proxy(.GET, "large", "/hello", token: scene.account.agent)
        #expect((raw?.bytes.readableBytes ?? 0) < 20_000_000)
        scene.origin.script("/hello") { _ in
            .raw("HTTP/1.1 200 OK\r\nX-Large: \(String(repeating: "a", count: 100_000))\r\n\r\n")
        }
        let head = try await scene.call("large")
        #expect(head.status == 502 && ["RESPONSE_TOO_LARGE", "UPSTREAM_ERROR"].contains(head.code), "\(head)")
        scene.origin.script("/hello") { _ in .json(["hello": "world"]) }
        #expect(try await scene.call("large").status == 200)
        try await scene.end()
    }

    /// What gzip(1) makes of a text.
    static func gzipped(_ text: String) async throws -> [UInt8] {
        let folder = try Scratch("gzip")
        let file = try folder.write("text", text)
        let tool = try #require(Binaries.tool("gzip"))
        let child = try ChildProcess.start(tool, ["-9", file], log: folder / "errors")
        guard try await child.ended() == .exit(0) else { throw TestFailure(child.logText) }
        return Array(FileManager.default.contents(atPath: file + ".gz") ?? Data())
    }

    @Test(
        "A connection that the API ended while it was idle is not used again: no call is lost to it, of a POST either")
    func idleConnections() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(.direct, "idle")
        scene.origin.script("/hello") { _ in
            .raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        }
        func together(_ endpoint: String) async throws -> [Int] {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await scene.call("idle", endpoint).status } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(try await together("hello") == Array(repeating: 200, count: 8))
        try await eventually("the origin's connections close") { scene.origin.connections == 0 }
        #expect(try await together("echo") == Array(repeating: 200, count: 8))
        try await scene.end()
    }

    @Test(
        "A stream that the API breaks never looks whole to the caller, nor OK in the audit",
        arguments: TestRoute.allCases)
    func brokenStream(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        for (slug, authentication) in [("plain", JSON.null), ("keyed", Definitions.apiKey("a-key-of-sorts"))] {
            try await scene.apply(route, slug, authentication: authentication.isNull ? nil : authentication)
            for headers: HTTPHeaders in [
                ["content-type": "text/plain"], ["content-type": "text/plain", "content-length": "1000"],
            ] {
                let response = try await {
                    async let opening = TestClient.open(
                        .GET, "\(scene.relay.url)/v1/proxy/\(slug)/gated", token: scene.account.agent)
                    let gate = try await scene.origin.nextGate()
                    try await gate.head(200, headers)
                    try await gate.send("the beginning")
                    let response = try await opening
                    try await gate.hangUp()
                    return response
                }()
                await #expect(throws: (any Error).self) { try await response.body.collect(upTo: 10_000) }
            }
        }
        #expect(try await scene.call("plain").status == 200)
        try await scene.end()
        let ends = try await scene.relay.auditRecords().filter { $0["kind"] == "end" }
        #expect(ends.count == 4, "\(ends)")
        #expect(ends.allSatisfy { $0["outcome"] != "OK" }, "\(ends)")
    }

    @Test("S10, S11: no answer, however odd, ends the relay or the connector", arguments: TestRoute.allCases)
    func oddities(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        let ok = "HTTP/1.1 200 OK\r\n"
        let odd = [
            "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n", "HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 2000 Odd\r\n\r\n", "HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}", "HTTP/1.0 200 OK\r\n\r\n{}",
            "HTTP/9.9 200 OK\r\n\r\n", "HTTP/2 200 OK\r\n\r\n", "\r\n\r\n", "{}", "\u{0}\u{1}\u{2}",
            ok + "Content-Length: 99999999999999999999999\r\n\r\n{}", ok + "Content-Length: +2\r\n\r\n{}",
            ok + "Content-Length: 9223372036854775807\r\n\r\n{}", ok + "Content-Length: 2, 2\r\n\r\n{}",
            ok + "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
            ok + "Content-Encoding: gzip\r\nContent-Length: 0\r\n\r\n",
            ok + "Content-Encoding: br, gzip, deflate, gzip\r\nContent-Length: 2\r\n\r\n{}",
            ok + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
            ok + "Transfer-Encoding: chunked\r\n\r\n-1\r\n",
            ok + "Transfer-Encoding: chunked\r\n\r\n2;ext=\"a\"\r\n{}\r\n0\r\nTrailer: 1\r\nContent-Length: 9\r\n\r\n",
            ok + "X: \u{e9}\u{1F600}\r\nContent-Type: application/json; charset=\u{e9}\r\nContent-Length: 2\r\n\r\n{}",
            ok + "Content-Type: application/json\r\nContent-Length: 3\r\n\r\n{\u{e9}",
            ok + "Retry-After: 99999999999999999999\r\nDate: never\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 429 No\r\nRetry-After: Sun, 06 Nov 9999 08:49:37 GMT\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 503 No\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 204 No\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 304 No\r\nTransfer-Encoding: chunked\r\n\r\n",
            ok + String(repeating: "X: 1\r\n", count: 500) + "Content-Length: 2\r\n\r\n{}",
            ok + " folded: 1\r\n\tmore\r\nContent-Length: 2\r\n\r\n{}", ok + "No colon\r\nContent-Length: 2\r\n\r\n{}",
            ok + ": no name\r\nContent-Length: 2\r\n\r\n{}",
            ok + "Connection: content-length, close\r\nContent-Length: 2\r\n\r\n{}",
            ok + "Content-Length: 20002\r\nContent-Type: application/json\r\n\r\n"
                + String(repeating: "[", count: 10_001)
                + String(repeating: "]", count: 10_001),
            ok + "Content-Length: 8\r\nContent-Type: application/json\r\n\r\n1e999999",
            "HTTP/1.1 302 Found\r\nLocation: \u{0}http://[::1\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 302 Found\r\nLocation: //\r\nContent-Length: 0\r\n\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
        ]
        for (index, text) in odd.enumerated() {
            let slug = "odd\(index)"
            try await scene.apply(
                route, slug, authentication: Definitions.apiKey("a-key-of-sorts"), timeout: 3000,
                connection: ["follow_redirects": true, "retry_attempts": 1],
                security: ["validation": "warn"])
            scene.origin.script("/hello") { _ in .raw(text) }
            let tool = try await scene.call(slug)
            #expect(tool.code != "INTERNAL", "\(text.prefix(100)) \(tool)")
            // A raw answer may break in the middle.
            _ = try? await scene.relay.proxy(.GET, slug, "/hello", token: scene.account.agent)
            try #require(scene.relay.process?.end == nil, "\(text.prefix(100))")
            try #require(scene.connector.process?.end == nil, "\(text.prefix(100))")
        }
        try await scene.apply(route, "even")
        scene.origin.script("/hello") { _ in .json(["hello": "world"]) }
        #expect(try await scene.call("even").status == 200)
        try await scene.end()
        #expect(try await scene.relay.auditVerifies())
    }

    @Test("S5: a chain of redirects that never ends is given up", arguments: TestRoute.allCases)
    func redirectChain(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        try await scene.apply(route, "chain", connection: ["follow_redirects": true])
        for hop in 0..<50 {
            scene.origin.script(hop == 0 ? "/hello" : "/hop/\(hop)") { _ in
                .json([:], status: 302, headers: ["location": "/hop/\(hop + 1)"])
            }
        }
        let answer = try await scene.call("chain")
        #expect(answer.status == 502, "\(answer)")
        #expect(scene.origin.seen.count <= 11)
        scene.origin.script("/hello") { _ in .json([:], status: 302, headers: ["location": "/hello"]) }
        #expect(try await scene.call("chain").status == 502)
        try await scene.end()
    }

    @Test("S12: interim answers pass by, an unasked switch of protocols does not", arguments: TestRoute.allCases)
    func interim(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        try await scene.apply(route, "interim")
        let final = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
        for first in [
            "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n",
            "HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n",
        ] {
            scene.origin.script("/hello") { _ in .raw(first + final) }
            let answer = try await scene.call("interim")
            #expect(answer.status == 200 && answer.json["data"] == [:], "\(first) \(answer)")
        }
        scene.origin.script("/hello") { _ in
            .raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: raw\r\nConnection: upgrade\r\n\r\nraw bytes")
        }
        let switched = try await scene.call("interim")
        #expect(switched.status == 502, "\(switched)")
        let raw = try await scene.relay.proxy(.GET, "interim", "/hello", token: scene.account.agent)
        #expect(raw.status == 502, "\(raw)")
        try await scene.end()
    }

    @Test("An answer that comes before the request is whole reaches the caller", arguments: TestRoute.allCases)
    func early(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        try await scene.apply(route, "early")
        let (chunks, sender) = AsyncStream<ByteBuffer>.makeStream()
        sender.yield(ByteBuffer(string: "the first of many"))
        async let opening = TestClient.open(
            .POST, "\(scene.relay.url)/v1/proxy/early/gated", token: scene.account.agent,
            body: .stream(chunks, length: .unknown))
        let gate = try await scene.origin.nextGate()
        try await eventually("the first piece") { gate.received.readableBytes > 0 }
        try await gate.head(413, ["content-type": "text/plain", "content-length": "8"])
        try await gate.send("too much")
        // The answer is whole by its length: the relay may have left already.
        try? await gate.finish()
        let response = try await opening
        #expect(response.status.code == 413)
        sender.finish()
        #expect(try await String(buffer: response.body.collect(upTo: 100)) == "too much")
        #expect(try await scene.call("early").status == 200)
        try await scene.end()
    }
}
