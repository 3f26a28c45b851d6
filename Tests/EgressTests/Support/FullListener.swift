import EgressPolicy
import Glibc
import NIOCore
import NIOPosix

@testable import Egress

/// A listener whose queue is full and stays full: a connection to it never comes up.
struct FullListener {
    let port: Int

    /// - Parameter port: 0 for one of its own.
    static func with<R: Sendable>(
        _ address: IPAddress = .loopback, port: Int = 0, _ body: (FullListener) async throws -> R
    ) async throws -> R {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(server) }
        guard SocketAddressBytes.with(address, port: port, { bind(server, $0, $1) == 0 }), listen(server, 0) == 0 else {
            throw IOError(errnoCode: errno, reason: "listen")
        }
        let group = MultiThreadedEventLoopGroup.singleton
        let port = OpenSockets.localPort(of: server) ?? 0
        var fillers: [any Channel] = []
        // One more than the queue takes: the last of them waits in vain.
        for _ in 0..<8 {
            let connect = ClientBootstrap(group: group).connectTimeout(.milliseconds(100))
                .connect(host: "\(address)", port: port)
            guard let channel = try? await connect.get() else { break }
            fillers.append(channel)
        }
        let result: Result<R, any Error>
        do {
            result = .success(try await body(FullListener(port: port)))
        } catch {
            result = .failure(error)
        }
        for filler in fillers { try? await filler.close() }
        return try result.get()
    }
}
