import Foundation
import NIOCore
import TestSupport
import Testing

@testable import ReverseHTTP

/// Our session under programs that no one here wrote.
@Suite("Peers of others", .timeLimit(.minutes(10)))
struct PeerTests {
    @Test("curl with prior knowledge: GET, POST, trailers and a download")
    func curl() async throws {
        let listener = try await TestListener.start()
        let base = "http://127.0.0.1:\(listener.port)"
        let hello = try await Program.run("curl", ["-sS", "--http2-prior-knowledge", "-i", base + "/hello"])
        #expect(hello.status == 0)
        #expect(hello.output.hasPrefix("HTTP/2 200") && hello.output.hasSuffix("hello"))
        let sink = try await Program.run(
            "curl",
            [
                "-sS", "--http2-prior-knowledge", "--data-binary", String(repeating: "z", count: 100_000),
                base + "/sink",
            ])
        #expect(sink.output == "100000")
        let source = try await Program.run(
            "curl",
            [
                "-sS", "--http2-prior-knowledge", "-o", "/dev/null", "-w", "%{size_download} %{http_code}",
                base + "/source?\(32 << 20)",
            ])
        #expect(source.output == "\(32 << 20) 200")
    }

    @Test("nghttp: several requests on one connection, and an upload")
    func nghttp() async throws {
        let listener = try await TestListener.start()
        let base = "http://127.0.0.1:\(listener.port)"
        let many = try await Program.run("nghttp", ["-s", "-n", "-m", "20", base + "/hello", base + "/source?70000"])
        #expect(many.status == 0, "\(many.output)")
        #expect(listener.peer.requests("/hello") == 20)
        #expect(listener.peer.sessions.count == 1)
        let file = FileManager.default.temporaryDirectory.appending(path: "penstock-\(UUID()).bin")
        try Data(repeating: 7, count: 3 << 20).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let upload = try await Program.run("nghttp", ["-d", file.path, base + "/sink"])
        #expect(upload.output.contains("\(3 << 20)"))
    }

    @Test("h2load: 20,000 requests over 8 connections, none failed")
    func h2load() async throws {
        let listener = try await TestListener.start()
        let run = try await Program.run(
            "h2load", ["-n", "20000", "-c", "8", "-m", "32", "http://127.0.0.1:\(listener.port)/hello"])
        #expect(run.output.contains("20000 succeeded, 0 failed, 0 errored"), "\(run.output)")
        #expect(listener.peer.requests("/hello") == 20000)
    }

    @Test("nghttpd answers our client: whole, streamed, echoed with trailers, and 404")
    func nghttpd() async throws {
        let root = FileManager.default.temporaryDirectory.appending(path: "penstock-\(UUID())")
        try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        try Data("small".utf8).write(to: root.appending(path: "small"))
        try Data(repeating: 9, count: 8 << 20).write(to: root.appending(path: "large"))
        let port = try freePort()
        let server = try Program(
            "nghttpd", ["--no-tls", "-a", "127.0.0.1", "-d", root.path, "--trailer", "x-end: yes", "\(port)"])
        defer { server.kill(SIGKILL) }
        var client: ClientSession?
        while client == nil, server.end == nil { client = try? await connectClient(port: port) }
        let session = try #require(client)
        #expect(try await session.send(Request(head: get("/small"))).text() == "small")
        #expect(try await session.send(Request(head: get("/large"))).collect().count == 8 << 20)
        #expect(try await session.send(Request(head: get("/none"))).head.status == 404)
        try await withThrowingTaskGroup(of: Int.self) { tasks in
            for _ in 0..<50 {
                tasks.addTask { try await session.send(Request(head: get("/small"))).head.status }
            }
            for try await status in tasks { #expect(status == 200) }
        }
        session.drain()
        try await session.closeFuture.get()
    }

    private func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 ? getsockname(descriptor, $0, &length) : -1
            }
        }
        guard result == 0 else { throw POSIXError(.EADDRINUSE) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
