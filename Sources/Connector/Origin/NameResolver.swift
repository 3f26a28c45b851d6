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

    private struct State {
        var next = 0
        var waiting: [Int: EventLoopPromise<[IPAddress]>] = [:]
        /// Lookups that have not come back from the system.
        var running = 0
        var isClosed = false
    }

    private let pool: NIOThreadPool
    private let state = Mutex(State())
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

    /// Fails what still waits, so that its loops may end. A lookup that hangs in the system is not waited for.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for promise in waiting { promise.fail(Failure(.dnsError, "the connector is leaving")) }
        pool.shutdownGracefully { _ in }
    }

    /// The addresses of `name`; fails with ``Failure``.
    func resolve(_ name: String, on eventLoop: any EventLoop) -> EventLoopFuture<[IPAddress]> {
        let promise = eventLoop.makePromise(of: [IPAddress].self)
        let id = state.withLock { state -> Int? in
            guard state.running < Self.limit, !state.isClosed else { return nil }
            state.running += 1
            state.next += 1
            state.waiting[state.next] = promise
            return state.next
        }
        guard let id else {
            promise.fail(Failure(.dnsError, "too many names are being looked up"))
            return promise.futureResult
        }
        pool.submit { poolState in
            var result = Result<[IPAddress], Failure>.failure(Failure(.dnsError, "the connector is leaving"))
            if case .active = poolState {
                do throws(Failure) {
                    result = .success(try self.lookUp(name))
                } catch {
                    result = .failure(error)
                }
            }
            let promise = self.state.withLock { state in
                state.running -= 1
                return state.waiting.removeValue(forKey: id)
            }
            switch result {
            case .success(let addresses): promise?.succeed(addresses)
            case .failure(let failure): promise?.fail(failure)
            }
        }
        return promise.futureResult
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

    /// Reads the address out of a `sockaddr_in` or `sockaddr_in6` by where ip(7) and ipv6(7) put it: which module these
    /// types come from depends on what else is imported.
    private static func address(of entry: addrinfo) -> IPAddress? {
        guard let pointer = entry.ai_addr else { return nil }
        let bytes = UnsafeRawBufferPointer(start: pointer, count: Int(entry.ai_addrlen))
        switch entry.ai_family {
        case AF_INET where bytes.count >= 8: return IPAddress(bytes: bytes[4..<8])
        case AF_INET6 where bytes.count >= 24: return IPAddress(bytes: bytes[8..<24])
        default: return nil
        }
    }
}
