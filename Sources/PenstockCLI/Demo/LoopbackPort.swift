#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Ports of this machine that nobody listens on.
enum LoopbackPort {
    /// - Parameter address: an IPv4 loopback address, as in `127.0.0.1`.
    static func free(on address: String) throws(CommandFailure) -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw unavailable(address) }
        defer { close(descriptor) }
        var name = sockaddr_in()
        name.sin_family = sa_family_t(AF_INET)
        guard inet_pton(AF_INET, address, &name.sin_addr) == 1 else { throw unavailable(address) }
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &name) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) == 0 && getsockname(descriptor, pointer, &length) == 0
            }
        }
        guard isBound else { throw unavailable(address) }
        return Int(UInt16(bigEndian: name.sin_port))
    }

    private static func unavailable(_ address: String) -> CommandFailure {
        CommandFailure(.failed, "there is no free port on \(address): \(String(cString: strerror(errno)))")
    }
}
