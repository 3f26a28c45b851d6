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
        guard let descriptor = connect(to: reachable(listen.address), port: listen.port) else { return nil }
        defer { close(descriptor) }
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

    /// A connected socket whose reads and writes give up after three seconds.
    private static func connect(to address: IPAddress, port: Int) -> Int32? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address.description, String(port), &hints, &list) == 0, let entry = list?.pointee else {
            return nil
        }
        defer { freeaddrinfo(list) }
        let descriptor = socket(entry.ai_family, entry.ai_socktype, entry.ai_protocol)
        guard descriptor >= 0 else { return nil }
        var patience = timeval(tv_sec: 3, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
        }
        guard Glibc.connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }
}
