import Dialling
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
        /// Who waits for each name that is being looked up.
        var waiting: [String: [EventLoopPromise<[IPAddress]>]] = [:]
        /// Lookups that have not come back from the system.
        var running = 0
        var isClosed = false
    }

    /// Which of the addresses did not answer.
    let silent = SilentAddresses()
    /// How long what a name resolved to is believed.
    let hold: TimeAmount
    private let pool: NIOThreadPool
    private let state = Mutex(State())
    private let lookUp: @Sendable (String) throws(Failure) -> [IPAddress]

    /// - Parameter lookUp: asks the system; tests put their own in.
    init(
        threads: Int = 4, hold: TimeAmount = .seconds(5),
        lookUp: @escaping @Sendable (String) throws(Failure) -> [IPAddress] = NameResolver.system
    ) {
        pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
        self.hold = hold
        self.lookUp = lookUp
    }

    /// Fails what still waits, so that its loops may end. A lookup that hangs in the system is not waited for.
    func close() {
        let waiting = state.withLock { state in
            state.isClosed = true
            defer { state.waiting = [:] }
            return state.waiting.values
        }
        for promise in waiting.joined() { promise.fail(Failure(.dnsError, "the connector is leaving")) }
        pool.shutdownGracefully { _ in }
    }

    /// The addresses of `name`; fails with ``Failure``. A name is looked up once, however many wait for it.
    func resolve(_ name: String, on eventLoop: any EventLoop) -> EventLoopFuture<[IPAddress]> {
        enum Step { case waits, starts, refused }
        let promise = eventLoop.makePromise(of: [IPAddress].self)
        let step = state.withLock { state -> Step in
            guard !state.isClosed else { return .refused }
            if state.waiting[name] != nil {
                state.waiting[name]?.append(promise)
                return .waits
            }
            guard state.running < Self.limit else { return .refused }
            state.running += 1
            state.waiting[name] = [promise]
            return .starts
        }
        switch step {
        case .waits: break
        case .starts: pool.submit { self.run(name, isLeaving: $0 != .active) }
        case .refused: promise.fail(Failure(.dnsError, "too many names are being looked up"))
        }
        return promise.futureResult
    }

    private func run(_ name: String, isLeaving: Bool) {
        var result = Result<[IPAddress], Failure>.failure(Failure(.dnsError, "the connector is leaving"))
        if !isLeaving {
            do throws(Failure) {
                result = .success(try lookUp(name))
            } catch {
                result = .failure(error)
            }
        }
        let promises = state.withLock { state in
            state.running -= 1
            return state.waiting.removeValue(forKey: name) ?? []
        }
        for promise in promises { promise.completeWith(result.mapError { $0 as any Error }) }
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
