import EgressPolicy
import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// Asks the system for a name's addresses, on threads that may block. Bounded: a resolver that hangs fails new
/// lookups rather than gathering them.
final class NameResolver: Sendable {
    /// Lookups that may wait or run at once.
    static let limit = 64

    private let pool: NIOThreadPool
    private let inFlight = Atomic<Int>(0)
    private let lookUp: @Sendable (String) throws(Failure) -> [IPAddress]

    /// - Parameter lookUp: asks the system; tests put their own in.
    init(
        threads: Int = 2,
        lookUp: @escaping @Sendable (String) throws(Failure) -> [IPAddress] = NameResolver.system
    ) {
        pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
        self.lookUp = lookUp
    }

    func shutdown() async throws {
        try await pool.shutdownGracefully()
    }

    /// The addresses of `name`; fails with ``Failure``.
    func resolve(_ name: String, on eventLoop: any EventLoop) -> EventLoopFuture<[IPAddress]> {
        guard inFlight.wrappingAdd(1, ordering: .relaxed).newValue <= Self.limit else {
            inFlight.wrappingSubtract(1, ordering: .relaxed)
            return eventLoop.makeFailedFuture(Failure(.dnsError, "too many names are being looked up"))
        }
        return pool.runIfActive(eventLoop: eventLoop) {
            defer { self.inFlight.wrappingSubtract(1, ordering: .relaxed) }
            return try self.lookUp(name)
        }
    }

    /// getaddrinfo(3). Blocks.
    @Sendable static func system(_ name: String) throws(Failure) -> [IPAddress] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        let result = getaddrinfo(name, nil, &hints, &list)
        guard result == 0 else { throw Failure(.dnsError, String(cString: gai_strerror(result))) }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next {
            if let address = address(of: entry.pointee), !addresses.contains(address) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        guard !addresses.isEmpty else { throw Failure(.dnsError, "the name has no address") }
        return addresses
    }

    private static func address(of entry: addrinfo) -> IPAddress? {
        guard let pointer = entry.ai_addr else { return nil }
        switch entry.ai_family {
        case AF_INET:
            return pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin_addr) { IPAddress(bytes: Array($0)) }
            }
        case AF_INET6:
            return pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                withUnsafeBytes(of: $0.pointee.sin6_addr) { IPAddress(bytes: Array($0)) }
            }
        default:
            return nil
        }
    }
}
