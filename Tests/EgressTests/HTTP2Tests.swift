import EgressPolicy
import Glibc
import NIOCore
import NIOHTTP1
import Synchronization
import Testing

@testable import Egress

/// HTTP/2, with nginx at the other end.
@Suite struct HTTP2Tests {
    private func with(extra: String = "", _ body: (Nginx, EgressClient) async throws -> Void) async throws {
        try await Nginx.with(extra: extra) { nginx in
            try await withClient {
                $0.caFile = Certificates.ca
            } _: { client in
                try await body(nginx, client)
            }
        }
    }

    @Test func `HTTP/2 is agreed on, and its connection used again`() async throws {
        try await with { nginx, client in
            let first = try await client.whole(.to(nginx.port, "/small?a=%2F", scheme: .https))
            #expect(first.status == 200 && first.version == .http2 && first.body == "HTTP/2.0 GET NONE")
            #expect(!first.isReused)
            // The certificate was made for two days.
            let expiry = try #require(first.certificateExpiry)
            #expect((time(nil)...time(nil) + 3 * 86_400).contains(Int(expiry)))
            let second = try await client.whole(.to(nginx.port, "/small", method: "DELETE", scheme: .https))
            #expect(second.isReused && second.certificateExpiry == nil)
            #expect(second.body == "HTTP/2.0 DELETE NONE")
            let head = try await client.whole(.to(nginx.port, "/big", method: "HEAD", scheme: .https))
            #expect(head.isReused && head.body.isEmpty && head.headers.first(name: "content-length") == "\(8 << 20)")
        }
    }

    @Test func `S1: Host and server name stay the host's, whatever address is dialled`() async throws {
        let extra = #"location /names { return 200 "$ssl_server_name $http_host"; }"#
        try await with(extra: extra) { nginx, client in
            let answer = try await client.whole(.to(nginx.port, "/names", scheme: .https))
            #expect(answer.body == "origin.test origin.test:\(nginx.port)")
            #expect(answer.remoteAddress == "127.0.0.1")
        }
    }

    @Test func `Connections come from the address that the operator binds`() async throws {
        try await Nginx.with(extra: #"location /from { return 200 "$remote_addr"; }"#) { nginx in
            try await withClient {
                $0.caFile = Certificates.ca
                $0.bind = .v4(0x7f00_0007)
            } _: { client in
                let answer = try await client.whole(.to(nginx.port, "/from", scheme: .https))
                #expect(answer.body == "127.0.0.7")
            }
        }
    }

    @Test func `Fields and bodies go over HTTP/2 as they are`() async throws {
        let extra = #"location /fields { return 200 "$http_x_one|$http_accept|$http_user_agent|$content_length"; }"#
        try await with(extra: extra) { nginx, client in
            let body = Pieces([("hello", nil), ("world", nil)])
            let whole = try await client.whole(
                .to(
                    nginx.port, "/fields", method: "POST", scheme: .https, headers: ["X-One": "a b"],
                    body: .whole(ByteBuffer(string: "hello"))))
            #expect(whole.body == "a b|||5")
            let streamed = try await client.whole(
                .to(
                    nginx.port, "/fields", method: "POST", scheme: .https,
                    body: .streamed(length: nil, next: body.next)))
            #expect(streamed.status == 200 && streamed.version == .http2)
        }
    }

    @Test func `A reader that stops holds up no other call to the same API`() async throws {
        let (stalled, resumed) = ([Signal(), Signal(), Signal()], Signal())
        let stalledConnections = Names()
        try await with { nginx, client in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for signal in stalled {
                    let request = try EgressRequest.to(nginx.port, "/big", scheme: .https)
                    group.addTask {
                        try await client.send(request) { response in
                            #expect(response.httpVersion == .http2)
                            let connection = try #require(response.headers.first(name: "x-connection"))
                            stalledConnections.state.withLock { _ = $0.insert(connection) }
                            var count = try await response.next()?.readableBytes ?? 0
                            signal.open()
                            await resumed.wait()
                            while let bytes = try await response.next() { count += bytes.readableBytes }
                            return count
                        }
                    }
                }
                for signal in stalled { await signal.wait() }
                let others = stalledConnections.state.withLock { $0 }
                #expect(others.count == 3)
                for _ in 0..<50 {
                    let answer = try await client.whole(.to(nginx.port, "/small", scheme: .https))
                    #expect(answer.status == 200)
                    let connection = try #require(answer.headers.first(name: "x-connection"))
                    #expect(!others.contains(connection))
                }
                resumed.open()
                for try await count in group { #expect(count == 8 << 20) }
            }
        }
    }

    @Test func `S11: A stream given up closes its connection`() async throws {
        try await with { nginx, client in
            try await client.send(.to(nginx.port, "/big", scheme: .https)) { _ in }
            let answer = try await client.whole(.to(nginx.port, "/small", scheme: .https))
            #expect(answer.status == 200 && !answer.isReused)
        }
    }

    @Test func `A connection that the API closes in good order costs no request`() async throws {
        try await with(extra: "keepalive_requests 1;") { nginx, client in
            for _ in 0..<5 {
                let answer = try await client.whole(
                    .to(nginx.port, "/small", method: "POST", scheme: .https, body: .whole(ByteBuffer(string: "x"))))
                #expect(answer.status == 200)
            }
        }
    }
}

/// Names that tasks gather.
private final class Names: Sendable {
    let state = Mutex<Set<String>>([])
}
