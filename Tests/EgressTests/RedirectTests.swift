import NIOCore
import NIOHTTP1
import Testing

@testable import Egress

/// Redirects, which libcurl does not follow.
@Suite struct RedirectTests {
    private static let redirects: @Sendable (RawServer.Connection) async throws -> Void = { connection in
        while let head = await connection.head() {
            let target = head.split(separator: " ")[1]
            let body = head.contains("Content-Length: 3") ? await connection.bytes(3) ?? "" : ""
            if let step = Int(target.dropFirst("/step".count)), step > 0 {
                try await connection.answer("", status: "302 Found", "location: /step\(step - 1)\r\n")
            } else if let status = Int(target.dropFirst("/status".count)) {
                try await connection.answer("", status: "\(status) Moved", "location: /end\r\n")
            } else {
                try await connection.answer("\(head.prefix { $0 != " " }) \(target) \(body)")
            }
        }
    }

    @Test func `S5: Without being asked for, a redirect is the answer`() async throws {
        try await RawServer.with(Self.redirects) { server in
            try await withClient { client in
                let answer = try await client.whole(.to(server.port, "/step1"))
                #expect(answer.status == 302 && answer.headers["location"] == ["/step0"])
                #expect(server.seen.heads.count == 1)
            }
        }
    }

    @Test func `S5: Five redirects are followed, the sixth is the answer`() async throws {
        try await RawServer.with(Self.redirects) { server in
            try await withClient { client in
                let followed = try await client.whole(.to(server.port, "/step5") { $0.followRedirects = true })
                #expect(followed.status == 200 && followed.body == "GET /step0 ")
                let answer = try await client.whole(.to(server.port, "/step6") { $0.followRedirects = true })
                #expect(answer.status == 302 && answer.headers["location"] == ["/step0"])
            }
        }
    }

    @Test func `S5: Nothing is sent to another origin`() async throws {
        try await RawServer.with(RawServer.echo) { other in
            let location = "location: http://origin.test:\(other.port)/\r\n"
            try await RawServer.with { connection in
                _ = await connection.head()
                try await connection.answer("", status: "302 Found", location)
            } _: { server in
                try await withClient { client in
                    let answer = try await client.whole(
                        .to(server.port, headers: ["Authorization": "Bearer x"]) { $0.followRedirects = true })
                    #expect(answer.status == 302)
                    #expect(other.seen.connections == 0)
                }
            }
        }
    }

    @Test(arguments: [
        (301, "POST", "GET /end "), (302, "POST", "GET /end "), (303, "PUT", "GET /end "),
        (307, "POST", "POST /end abc"),
        (308, "PUT", "PUT /end abc"), (301, "PUT", "PUT /end abc"),
    ])
    func `The method and the body go on as the status says`(status: Int, method: String, end: String) async throws {
        try await RawServer.with(Self.redirects) { server in
            try await withClient { client in
                let request = try EgressRequest.to(
                    server.port, "/status\(status)", method: method,
                    headers: ["Authorization": "Bearer x", "Content-Type": "text/plain"],
                    body: .whole(ByteBuffer(string: "abc"))
                ) { $0.followRedirects = true }
                let answer = try await client.whole(request)
                #expect(answer.body == end)
                let last = try #require(server.seen.heads.last)
                #expect(last.contains("Authorization: Bearer x\r\n"))
                #expect(last.contains("Content-Type") == end.hasSuffix("abc"))
            }
        }
    }

    @Test func `A body that is gone cannot follow`() async throws {
        try await RawServer.with { connection in
            _ = await connection.head()
            _ = await connection.bytes(3)
            try await connection.answer("", status: "307 Temporary Redirect", "location: /end\r\n")
        } _: { server in
            try await withClient { client in
                let body = Pieces([("abc", nil)])
                let request = try EgressRequest.to(
                    server.port, method: "POST", body: .streamed(length: 3, next: body.next)
                ) { $0.followRedirects = true }
                let answer = try await client.whole(request)
                #expect(answer.status == 307)
            }
        }
    }

    @Test(
        arguments: [
            ("/x", "/x"), ("x", "/a/x"), ("?q=1", "/a/b?q=1"), ("x#f", "/a/x"), ("http://origin.test:81/x", "/x"),
            ("HTTP://ORIGIN.test:81/x", "/x"), ("//origin.test:81/x?y", "/x?y"), ("http://origin.test:81", "/"),
            ("https://origin.test:81/x", nil), ("http://origin.test/x", nil), ("http://other.test:81/x", nil),
            ("//other.test:81/x", nil), ("http://origin.test:81@other.test/x", nil), ("mailto:x", nil), ("../x", nil),
            ("/a/../x", nil), ("/%2e%2e/x", nil), ("/\\other.test/", nil), ("", nil), ("#f", nil), ("/x y", nil),
        ] as [(String, String?)])
    func `S5: A location stays at the origin, or is not followed`(location: String, target: String?) throws {
        let request = try EgressRequest.to(81, "/a/b?c")
        #expect(request.following(status: 302, ["location": location])?.target == target)
    }
}
