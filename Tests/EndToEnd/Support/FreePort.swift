import Foundation
import Synchronization

/// A port of a loopback address that nobody listens on just now.
///
/// It is below those that the kernel gives to outgoing connections: one of those could take it before the process it is
/// meant for listens.
enum FreePort {
    private static let range = 16_000..<32_000
    private static let last = Mutex(Int.random(in: range))

    static func next(on address: String = "127.0.0.1") throws -> Int {
        for _ in range {
            let port = last.withLock { last in
                last = last + 1 < range.upperBound ? last + 1 : range.lowerBound
                return last
            }
            if try isFree(port, on: address) { return port }
        }
        throw TestFailure("no free port on \(address)")
    }

    private static func isFree(_ port: Int, on address: String) throws -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure("no socket") }
        defer { close(descriptor) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        name.sin_port = UInt16(port).bigEndian
        inet_pton(AF_INET, address, &name.sin_addr)
        return withUnsafePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
