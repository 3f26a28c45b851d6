import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import Egress

/// Bodies of requests.
@Suite struct UploadTests {
    @Test func `A whole body goes with its length`() async throws {
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.answer(await connection.bytes(5) ?? "")
        } _: { server in
            try await withClient { client in
                let request = try EgressRequest.to(
                    server.port, method: "POST", headers: ["Content-Type": "text/plain"],
                    body: .whole(ByteBuffer(string: "hello")))
                #expect(try await client.whole(request).body == "hello")
                let head = try #require(server.seen.heads.first)
                #expect(head.contains("Content-Length: 5\r\n") && !head.contains("Expect"))
                #expect(head.contains("Content-Type: text/plain\r\n"))
            }
        }
    }

    @Test func `An empty whole body has a length of 0`() async throws {
        try await RawServer.with(RawServer.echo) { server in
            try await withClient { client in
                for body in [EgressBody.none, .whole(ByteBuffer())] {
                    let answer = try await client.whole(.to(server.port, method: "POST", body: body))
                    #expect(answer.status == 200)
                }
                #expect(server.seen.heads.allSatisfy { $0.contains("Content-Length: 0\r\n") })
            }
        }
    }

    @Test func `A streamed body leaves piece by piece, each before the next is known`() async throws {
        let (one, two) = (Signal(), Signal())
        try await RawServer.with { connection in
            _ = await connection.head()
            let first = await connection.bytes(8)
            #expect(first == "3\r\none\r\n")
            one.open()
            let second = await connection.bytes(8)
            #expect(second == "3\r\ntwo\r\n")
            two.open()
            let end = await connection.bytes(5)
            try await connection.answer(end == "0\r\n\r\n" ? "got it" : "wrong")
        } _: { server in
            try await withClient { client in
                let body = Pieces([("one", one), ("two", two)])
                let request = try EgressRequest.to(
                    server.port, method: "POST", body: .streamed(length: nil, next: body.next))
                let answer = try await client.whole(request)
                #expect(answer.body == "got it")
                #expect(server.seen.heads.first?.contains("Transfer-Encoding: chunked\r\n") == true)
            }
        }
    }

    @Test func `A streamed body of known length is not chunked`() async throws {
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.answer(await connection.bytes(6) ?? "")
        } _: { server in
            try await withClient { client in
                let body = Pieces([("one", nil), ("two", nil)])
                let request = try EgressRequest.to(
                    server.port, method: "PUT", body: .streamed(length: 6, next: body.next))
                let answer = try await client.whole(request)
                #expect(answer.body == "onetwo")
                let head = try #require(server.seen.heads.first)
                #expect(head.contains("Content-Length: 6\r\n") && !head.contains("chunked"))
            }
        }
    }

    @Test(arguments: [5, 7]) func `A streamed body of another length than it says is malformed`(length: Int)
        async throws
    {
        try await RawServer.with { connection in
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                let body = Pieces([("onetwo", nil)])
                let request = try EgressRequest.to(
                    server.port, method: "PUT", body: .streamed(length: length, next: body.next))
                let error = await client.error(request)
                #expect(error?.kind == .requestMalformed)
            }
        }
    }

    @Test func `What a streamed body throws ends the request, and is thrown`() async throws {
        struct Broken: Error, Equatable {}
        try await RawServer.with { connection in
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                let request = try EgressRequest.to(
                    server.port, method: "PUT", body: .streamed(length: nil) { throw Broken() })
                await #expect(throws: Broken()) { try await client.whole(request) }
            }
        }
    }

    @Test func `A refusal of unknown length before the end of the body is delivered whole`() async throws {
        let never = Signal()
        try await RawServer.with { connection in
            _ = await connection.head()
            _ = await connection.bytes(8)
            try await connection.write(
                "HTTP/1.1 413 Content Too Large\r\ntransfer-encoding: chunked\r\n\r\n6\r\nenough\r\n0\r\n\r\n")
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                let body = Pieces([("one", never), ("two", nil)])
                let answer = try await client.whole(
                    .to(server.port, method: "POST", body: .streamed(length: nil, next: body.next)))
                #expect(answer.status == 413 && answer.body == "enough")
            }
        }
    }

    @Test(arguments: ["413 Content Too Large", "200 OK"])
    func `An answer before the end of the body is delivered`(status: String) async throws {
        let never = Signal()
        try await RawServer.with { connection in
            _ = await connection.head()
            _ = await connection.bytes(8)
            try await connection.answer("enough", status: status)
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                let body = Pieces([("one", never), ("two", nil)])
                let request = try EgressRequest.to(
                    server.port, method: "POST", body: .streamed(length: nil, next: body.next))
                let answer = try await client.whole(request)
                #expect(answer.body == "enough" && "\(answer.status)" == status.prefix(3))
            }
        }
    }

    @Test func `64 MiB leave with one piece in memory at a time`() async throws {
        let size = 64 << 20
        try await RawServer.with { connection in
            _ = await connection.head()
            var left = size
            while left > 0 {
                let count = min(left, 1 << 20)
                guard await connection.bytes(count) != nil else { return }
                left -= count
            }
            try await connection.answer("all")
        } _: { server in
            try await withClient { client in
                let left = Mutex(size)
                let piece = ByteBuffer(repeating: 0x78, count: 1 << 16)
                let request = try EgressRequest.to(
                    server.port, method: "PUT",
                    body: .streamed(length: size) {
                        left.withLock { left in
                            guard left > 0 else { return nil }
                            left -= piece.readableBytes
                            return piece
                        }
                    })
                let answer = try await client.whole(request)
                #expect(answer.body == "all")
            }
        }
    }
}

/// A body of some pieces. Each may wait, before the one behind it, for a signal; a wait ends when its task is cancelled.
final class Pieces: Sendable {
    private let left: Mutex<[(String, Signal?)]>
    private let last = Mutex<Signal?>(nil)

    init(_ pieces: [(String, Signal?)]) { left = Mutex(pieces) }

    @Sendable func next() async throws -> ByteBuffer? {
        if let signal = last.withLock({ $0 }) {
            await withTaskCancellationHandler {
                await signal.wait()
            } onCancel: {
                signal.open()
            }
            try Task.checkCancellation()
        }
        let piece = left.withLock { $0.isEmpty ? nil : $0.removeFirst() }
        last.withLock { $0 = piece?.1 }
        return piece.map { ByteBuffer(string: $0.0) }
    }
}
