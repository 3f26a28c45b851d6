import EgressPolicy
import NIOCore
import NIOHTTP1
import Testing

@testable import Egress

/// What goes wrong between here and an API, with a real socket at the other end.
@Suite struct FaultTests {
    @Test func `A request reaches the API as it was given`() async throws {
        try await RawServer.with(RawServer.echo) { server in
            try await withClient { client in
                let answer = try await client.whole(
                    .to(
                        server.port, "/a/../b//c?q=%2f&r=a+b", method: "PURGE",
                        headers: ["X-One": "1", "x-two": "", "Expect": "100-continue", "Accept-Encoding": "gzip"]))
                #expect(answer.status == 200 && answer.version == .http1_1)
                #expect(answer.body == "PURGE /a/../b//c?q=%2f&r=a+b HTTP/1.1")
                #expect(answer.remoteAddress == "127.0.0.1")
                #expect(
                    server.seen.heads == [
                        "PURGE /a/../b//c?q=%2f&r=a+b HTTP/1.1\r\nHost: origin.test:\(server.port)\r\nX-One: 1\r\n"
                            + "x-two:\r\nAccept-Encoding: gzip\r\n\r\n"
                    ])
            }
        }
    }

    @Test func `A small answer that comes at once is whole`() async throws {
        try await RawServer.with(RawServer.echo) { server in
            try await withClient { client in
                let isWhole = try await client.send(.to(server.port)) { response in
                    if case .whole = response.body { true } else { false }
                }
                #expect(isWhole)
            }
        }
    }

    @Test func `A connection is used again, but never across users`() async throws {
        try await RawServer.with(RawServer.echo) { server in
            try await withClient { client in
                let answers = [
                    try await client.whole(.to(server.port)),
                    try await client.whole(.to(server.port)),
                    try await client.whole(.to(server.port, user: "u2")),
                ]
                #expect(answers.map(\.isReused) == [false, true, false])
                #expect(server.seen.connections == 2)
                #expect(client.gauges.connections == 2 && client.gauges.handles == 2)
            }
        }
    }

    @Test func `A refused connection is named, and nothing was sent`() async throws {
        let port = try await RawServer.with(RawServer.echo) { $0.port }
        try await withClient { client in
            await client.expect(EgressError(.connectionRefused), from: try .to(port))
        }
    }

    @Test func `A connection reset within the head is a reset, and was sent`() async throws {
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\nx-one")
            try await connection.reset()
        } _: { server in
            try await withClient { client in
                await client.expect(EgressError(.connectionReset, sent: true), from: try .to(server.port))
            }
        }
    }

    @Test func `A connection closed without an answer is a reset`() async throws {
        try await RawServer.with { connection in
            _ = await connection.head()
        } _: { server in
            try await withClient { client in
                await client.expect(EgressError(.connectionReset, sent: true), from: try .to(server.port))
            }
        }
    }

    @Test func `A body cut short is an error after what came of it`() async throws {
        let cut = Signal()
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")
            await cut.wait()
            try await connection.reset()
        } _: { server in
            try await withClient { client in
                try await client.send(.to(server.port)) { response in
                    let first = try await response.next()
                    #expect(first == ByteBuffer(string: "hello"))
                    cut.open()
                    await #expect(throws: EgressError(.connectionReset, sent: true)) { try await response.next() }
                }
            }
        }
    }

    @Test func `S10: An API that never answers runs into the first-byte deadline`() async throws {
        try await RawServer.with { connection in
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                let request = try EgressRequest.to(server.port) { $0.firstByteTimeout = .milliseconds(50) }
                await client.expect(EgressError(.responseTimeout(.firstByte), sent: true), from: request)
                let total = try EgressRequest.to(server.port) { $0.deadline = .now() + .seconds(2) }
                await client.expect(EgressError(.responseTimeout(.total), sent: true), from: total)
            }
        }
    }

    @Test func `S10: A body that stops runs into the idle deadline`() async throws {
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                let request = try EgressRequest.to(server.port) { $0.idleTimeout = .milliseconds(50) }
                await client.expect(EgressError(.responseTimeout(.idle), sent: true), from: request)
            }
        }
    }

    @Test func `S10: A trickle is slower than the minimum rate`() async throws {
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            // As long as it is listened to.
            while true { try await connection.write("1\r\nx\r\n") }
        } _: { server in
            try await withClient {
                $0.minimumRate.bytes = .max
                $0.minimumRate.period = .milliseconds(50)
            } _: { client in
                await client.expect(EgressError(.responseTimeout(.rate), sent: true), from: try .to(server.port))
            }
        }
    }

    @Test func `S10: A connection that never comes up runs into the connect deadline, and is closed`() async throws {
        try await FullListener.with { server in
            try await withClient { client in
                let request = try EgressRequest.to(server.port) { $0.connectTimeout = .milliseconds(50) }
                await client.expect(EgressError(.connectTimeout), from: request)
                while client.gauges.connections > 0 { await Task.yield() }
            }
        }
    }

    @Test func `S10: A handshake that never ends runs into the TLS deadline`() async throws {
        try await RawServer.with { connection in
            await connection.untilClosed()
        } _: { server in
            try await withClient {
                $0.tlsTimeout = .milliseconds(50)
            } _: { client in
                let request = try EgressRequest.to(server.port, scheme: .https)
                await client.expect(EgressError(.tlsFailed(.timeout)), from: request)
            }
        }
    }

    @Test func `S10: A body above its limit is refused, by its length and by its bytes`() async throws {
        try await RawServer.with { connection in
            let head = await connection.head() ?? ""
            if head.hasPrefix("GET /length") {
                try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
            } else {
                try await connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
                for _ in 0..<10 { try await connection.write("64\r\n" + String(repeating: "x", count: 100) + "\r\n") }
            }
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                for target in ["/length", "/chunks"] {
                    let request = try EgressRequest.to(server.port, target) { $0.responseBytes = 999 }
                    await client.expect(EgressError(.responseTooLarge, sent: true), from: request)
                }
            }
        }
    }

    @Test func `Interim answers are passed over`() async throws {
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.write("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>\r\n\r\n")
            try await connection.answer("done")
        } _: { server in
            try await withClient { client in
                let answer = try await client.whole(.to(server.port))
                #expect(answer.status == 200 && answer.body == "done" && answer.headers["link"].isEmpty)
            }
        }
    }

    @Test func `The head comes before the body, and each chunk leaves at once`() async throws {
        let (one, two) = (Signal(), Signal())
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            await one.wait()
            try await connection.write("3\r\none\r\n")
            await two.wait()
            try await connection.write("3\r\ntwo\r\n0\r\nx-trailer: 1\r\n\r\n")
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                try await client.send(.to(server.port)) { response in
                    one.open()
                    let first = try await response.next()
                    #expect(first == ByteBuffer(string: "one"))
                    two.open()
                    let rest = [try await response.next(), try await response.next(), try await response.next()]
                    #expect(rest == [ByteBuffer(string: "two"), nil, nil])
                }
            }
        }
    }

    @Test func `S11: More bytes than the length says are never the next answer`() async throws {
        try await RawServer.with { connection in
            while await connection.head() != nil {
                try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n\r\n")
            }
        } _: { server in
            try await withClient { client in
                for _ in 0..<3 {
                    let answer = try await client.whole(.to(server.port))
                    #expect(answer.body == "ok" && !answer.isReused)
                }
            }
        }
    }

    @Test func `S11: A body behind the answer to HEAD is never the next answer`() async throws {
        try await RawServer.with { connection in
            while let head = await connection.head() {
                let answer = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\nx-method: \(head.prefix(4))\r\n\r\n"
                // All in one write, so that it has come when the connection could be used again.
                try await connection.write(answer + "hello")
            }
        } _: { server in
            try await withClient { client in
                let head = try await client.whole(.to(server.port, method: "HEAD"))
                #expect(head.body.isEmpty)
                let answer = try await client.whole(.to(server.port))
                #expect(answer.body == "hello")
            }
        }
    }

    @Test func `S11: A connection whose body was not read to the end is closed`() async throws {
        let closed = Signal()
        try await RawServer.with { connection in
            guard connection.number == 1 else { return try await RawServer.echo(connection) }
            _ = await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello")
            await connection.untilClosed()
            closed.open()
        } _: { server in
            try await withClient { client in
                try await client.send(.to(server.port)) { _ in }
                await closed.wait()
                #expect(try await !client.whole(.to(server.port)).isReused)
            }
        }
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: xchunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        "HTTP/1.0 200 OK\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\n x: 1\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nno colon\r\ncontent-length: 2\r\n\r\nok",
        "HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n",
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nnothing\r\n",
        "just text\r\n",
    ])
    func `S11: What can be read in two ways is refused`(answer: String) async throws {
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.write(answer)
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                await client.expect(EgressError(.protocolError, sent: true), from: try .to(server.port))
            }
        }
    }

    @Test func `S10: A head above its limits is refused`() async throws {
        try await RawServer.with { connection in
            let head = await connection.head() ?? ""
            try await connection.write("HTTP/1.1 200 OK\r\n")
            if head.hasPrefix("GET /many") {
                for index in 0..<201 { try await connection.write("x-\(index): 1\r\n") }
            } else if head.hasPrefix("GET /line") {
                try await connection.write("x: " + String(repeating: "x", count: 200_000))
            } else {
                for index in 0..<9 {
                    try await connection.write("x-\(index): " + String(repeating: "x", count: 8000) + "\r\n")
                }
            }
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                for target in ["/many", "/line", "/big"] {
                    await client.expect(EgressError(.headersTooLarge, sent: true), from: try .to(server.port, target))
                }
            }
        }
    }

    @Test func `A POST on a connection that has died is not sent twice, a GET is`() async throws {
        // Each connection takes one request, answers it, and dies at the second without a word.
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.answer("first")
            _ = await connection.head()
        } _: { server in
            try await withClient { client in
                #expect(try await client.whole(.to(server.port)).body == "first")
                await client.expect(
                    EgressError(.connectionReset, sent: true),
                    from: try .to(server.port, method: "POST", body: .whole(ByteBuffer(string: "pay"))))
                #expect(server.seen.heads.filter { $0.hasPrefix("POST") }.count == 1)

                #expect(try await client.whole(.to(server.port)).body == "first")
                let answer = try await client.whole(.to(server.port, "/again"))
                #expect(answer.body == "first" && !answer.isReused)
                #expect(server.seen.heads.filter { $0.hasPrefix("GET /again") }.count == 2)
            }
        }
    }
}
