import NIOCore
import NIOHTTP1
import ReverseHTTP
import Testing

/// The peer withholds the next chunk until this one has been seen: a chunk that is held back anywhere never comes.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct TunnelChunkTests {
    struct Body: Sendable, CustomTestStringConvertible {
        let type: String
        let isChunked: Bool
        var testDescription: String { "\(type), \(isChunked ? "chunked" : "until the connection ends")" }
    }

    static let bodies = [
        Body(type: "text/event-stream", isChunked: true), Body(type: "text/event-stream", isChunked: false),
        Body(type: "application/octet-stream", isChunked: true),
        Body(type: "application/octet-stream", isChunked: false), Body(type: "application/grpc", isChunked: true),
    ]

    @Test("T6: each chunk of an answer leaves at once, for GET and POST over HTTP/1.1")
    func answers() async throws {
        try await TunnelScene.with { scene in
            let agent = try await scene.agent()
            for method in ["GET", "POST"] {
                for body in Self.bodies {
                    let length = method == "POST" ? ["Content-Length: 4"] : []
                    try await agent.write(scene.head(method, "/stream", length) + (method == "POST" ? "body" : ""))
                    let origin = try await scene.origin.accept()
                    let request = try await origin.head()
                    #expect(request.hasPrefix("\(method) /stream HTTP/1.1\r\n"))
                    if method == "POST" { #expect(try await origin.bytes(4) == "body") }
                    let framing = body.isChunked ? "transfer-encoding: chunked\r\n" : ""
                    try await origin.write(
                        "HTTP/1.1 200 OK\r\ncontent-type: \(body.type)\r\nconnection: close\r\n\(framing)\r\n")
                    // Not even the head waits for a first chunk.
                    let head = try await agent.head()
                    #expect(head.hasPrefix("HTTP/1.1 200") && head.contains(body.type))
                    for number in 0..<4 {
                        let text = "data: \(number)\n\n"
                        if body.isChunked { try await origin.writeChunk(text) } else { try await origin.write(text) }
                        #expect(try await agent.chunk() == text, "\(method) \(body.testDescription)")
                    }
                    if body.isChunked { try await origin.endChunks() }
                    await origin.close()
                    #expect(try await agent.chunk() == "")
                }
            }
        }
    }

    @Test("T6: each chunk of a request's body is with the origin before the next is sent")
    func requests() async throws {
        try await TunnelScene.with { scene in
            let agent = try await scene.agent()
            for type in ["application/grpc", "application/x-ndjson"] {
                try await agent.write(
                    scene.head("POST", "/in", ["Transfer-Encoding: chunked", "Content-Type: \(type)"]))
                let origin = try await scene.origin.accept()
                let request = try await origin.head()
                #expect(request.lowercased().contains("transfer-encoding: chunked") && request.contains(type))
                for number in 0..<4 {
                    try await agent.writeChunk("piece \(number)")
                    #expect(try await origin.chunk() == "piece \(number)")
                }
                try await agent.endChunks()
                #expect(try await origin.chunk() == "")
                try await origin.answer("\(type) done")
                #expect(try await agent.head().hasPrefix("HTTP/1.1 200"))
                #expect(try await agent.bytes(type.utf8.count + 5) == "\(type) done")
                await origin.close()
            }
        }
    }

    @Test("T6: both directions of one call take turns, chunk by chunk")
    func conversation() async throws {
        try await TunnelScene.with { scene in
            let agent = try await scene.agent()
            try await agent.write(
                scene.head("POST", "/talk", ["Transfer-Encoding: chunked", "Content-Type: application/grpc"]))
            let origin = try await scene.origin.accept()
            _ = try await origin.head()
            try await origin.write(
                "HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ntransfer-encoding: chunked\r\n\r\n")
            _ = try await agent.head()
            for number in 0..<4 {
                try await agent.writeChunk("ask \(number)")
                #expect(try await origin.chunk() == "ask \(number)")
                try await origin.writeChunk("reply \(number)")
                #expect(try await agent.chunk() == "reply \(number)")
            }
            try await agent.endChunks()
            #expect(try await origin.chunk() == "")
            try await origin.endChunks()
            #expect(try await agent.chunk() == "")
        }
    }

    @Test("T6: an agent over HTTP/2 gets each chunk at once, and its own leave at once")
    func overHTTP2() async throws {
        try await TunnelScene.with { scene in
            let session = try await scene.agentSession()
            let head = RequestHead(
                method: "POST", scheme: "https", authority: "localhost", path: "/v1/proxy/api/talk",
                headers: ["authorization": "Bearer \(scene.account.agent)", "content-type": "application/grpc"])
            let call = session.start(head, hasBody: true)
            try await call.write(ByteBuffer(string: "ask 0"))
            let origin = try await scene.origin.accept()
            _ = try await origin.head()
            #expect(try await origin.chunk() == "ask 0")
            try await origin.write(
                "HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ntransfer-encoding: chunked\r\n\r\n")
            let response = try await call.response()
            #expect(response.head.status == 200)
            for number in 1..<4 {
                try await call.write(ByteBuffer(string: "ask \(number)"))
                #expect(try await origin.chunk() == "ask \(number)")
                try await origin.writeChunk("reply \(number)")
                #expect(try await call.next().map { String(buffer: $0) } == "reply \(number)")
            }
            call.finish()
            #expect(try await origin.chunk() == "")
            try await origin.endChunks()
            #expect(try await call.next() == nil)
            session.close()
        }
    }

    @Test("An agent that expects 100 Continue is asked for its body, and the origin gets it")
    func expectation() async throws {
        try await TunnelScene.with { scene in
            let agent = try await scene.agent()
            try await agent.write(scene.head("POST", "/in", ["Content-Length: 70000", "Expect: 100-continue"]))
            #expect(try await agent.head().hasPrefix("HTTP/1.1 100"))
            try await agent.write(String(repeating: "x", count: 70_000))
            let origin = try await scene.origin.accept()
            #expect(try await !origin.head().lowercased().contains("expect:"))
            _ = try await origin.bytes(70_000)
            try await origin.answer()
            #expect(try await agent.head().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("An answer that takes longer than the API's timeout is not cut once its head has come")
    func longAnswer() async throws {
        try await TunnelScene.with { scene in
            try await scene.relay.apply(
                TunnelScene.api("hasty", origin: scene.origin.port, tunnel: scene.tunnel, timeout: 1500), scene.account)
            // The one call shows when the time of the other is over.
            let stream = try await scene.agent()
            try await stream.write(scene.head("GET", "/long", slug: "hasty"))
            let streaming = try await scene.origin.accept()
            _ = try await streaming.head()
            try await streaming.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            _ = try await stream.head()
            let silent = try await scene.agent()
            try await silent.write(scene.head("GET", "/never", slug: "hasty"))
            let waiting = try await scene.origin.accept()
            _ = try await waiting.head()
            #expect(try await silent.head().hasPrefix("HTTP/1.1 504"))
            await waiting.untilEnd()
            try await streaming.writeChunk("still there")
            #expect(try await stream.chunk() == "still there")
            try await streaming.endChunks()
            #expect(try await stream.chunk() == "")
        }
    }
}
