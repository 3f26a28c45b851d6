import EgressPolicy
import Glibc
import NIOCore

@testable import Egress

/// A listener whose queue is full and stays full: a connection to it never comes up.
struct FullListener {
    let port: Int

    /// - Parameter port: 0 for one of its own.
    static func with<R: Sendable>(
        _ address: IPAddress = .loopback, port: Int = 0, _ body: (FullListener) async throws -> R
    ) async throws -> R {
        var sockets = [try open()]
        defer { for descriptor in sockets { close(descriptor) } }
        let server = sockets[0]
        guard SocketAddressBytes.with(address, port: port, { bind(server, $0, $1) == 0 }), listen(server, 0) == 0 else {
            throw IOError(errnoCode: errno, reason: "listen")
        }
        let port = OpenSockets.localPort(of: server) ?? 0
        // One connection fills the queue: it is never accepted.
        let filler = try open()
        sockets.append(filler)
        _ = SocketAddressBytes.with(address, port: port) { connect(filler, $0, $1) == 0 }
        while try !isFull(server) { await Task.yield() }
        return try await body(FullListener(port: port))
    }

    private static func open() throws -> Int32 {
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let descriptor = socket(AF_INET, kind, 0)
        guard descriptor >= 0 else { throw IOError(errnoCode: errno, reason: "socket") }
        return descriptor
    }

    /// `TCP_INFO` of a listener: how many connections wait, and how many may (tcp(7)). One more than may is let in.
    private static func isFull(_ server: Int32) throws -> Bool {
        var info = tcp_info()
        var length = socklen_t(MemoryLayout<tcp_info>.size)
        guard getsockopt(server, Int32(IPPROTO_TCP), TCP_INFO, &info, &length) == 0 else {
            throw IOError(errnoCode: errno, reason: "TCP_INFO")
        }
        return info.tcpi_unacked > info.tcpi_sacked
    }
}
