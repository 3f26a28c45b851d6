import EgressPolicy
import Glibc
import Lines

/// Asks a running connector how it is, as a container's health check does: one process, one socket, no event loop.
package enum HealthProbe {
    /// - Returns: nil when `/livez` and `/readyz` both answer 200, else what is wrong.
    package static func fault(_ listen: ConnectorConfiguration.Listen) -> String? {
        for path in ["/livez", "/readyz"] {
            switch status(path, listen) {
            case 200?: continue
            case let status?: return "\(path) on \(listen) answers \(status)"
            case nil: return "nothing answers on \(listen) (health.listen)"
            }
        }
        return nil
    }

    private static func status(_ path: String, _ listen: ConnectorConfiguration.Listen) -> Int? {
        let address = reachable(listen.address)
        let descriptor = socket(address.isV4 ? AF_INET : AF_INET6, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 3, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        guard connect(descriptor, to: address, port: listen.port) else { return nil }
        let request = Array("GET \(path) HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n".utf8)
        guard FileDescriptor.write(request[...], to: descriptor).error == 0 else { return nil }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 512)
        while answer.count < 12 {
            let count = read(descriptor, &chunk, chunk.count)
            guard count > 0 else { return nil }
            answer += chunk[..<count]
        }
        // "HTTP/1.1 200"
        return Int(String(decoding: answer[9..<12], as: UTF8.self))
    }

    /// A listener on every address is asked on the loopback one.
    private static func reachable(_ address: IPAddress) -> IPAddress {
        switch address.unmapped {
        case .v4(0): .v4(0x7f00_0001)
        case .v6(0): .v6(1)
        case let other: other
        }
    }

    private static func connect(_ descriptor: Int32, to address: IPAddress, port: Int) -> Bool {
        let order = UInt16(truncatingIfNeeded: port).bigEndian
        switch address {
        case .v4(let value):
            var target = sockaddr_in()
            target.sin_family = sa_family_t(AF_INET)
            target.sin_port = order
            target.sin_addr.s_addr = value.bigEndian
            return connect(descriptor, &target)
        case .v6(let value):
            var target = sockaddr_in6()
            target.sin6_family = sa_family_t(AF_INET6)
            target.sin6_port = order
            withUnsafeMutableBytes(of: &target.sin6_addr) { $0.storeBytes(of: value.bigEndian, as: UInt128.self) }
            return connect(descriptor, &target)
        }
    }

    private static func connect<Address>(_ descriptor: Int32, _ target: inout Address) -> Bool {
        withUnsafePointer(to: &target) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<Address>.size)) == 0
            }
        }
    }
}
