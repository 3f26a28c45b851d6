import CCurl
package import EgressPolicy
import Glibc
package import NIOCore
import Synchronization

/// Asks the system for addresses, on threads of its own that may block.
package final class SystemResolver: NameResolving {
    private typealias Waiter = CheckedContinuation<[IPAddress], any Error>

    private struct State {
        var lookups: Lookups<Waiter>
        var nextID: UInt64 = 0
        var threads = 0
        var idleThreads = 0
    }

    private let state: Mutex<State>
    private let wake = ThreadSignal()
    private let maximumThreads: Int
    /// The longest that anyone waits for a name.
    private let longest: TimeAmount
    private let lookUp: @Sendable (String) -> [IPAddress]?

    /// - Parameters:
    ///   - threads: the most lookups that run at once. Threads are made when they are first needed.
    ///   - lookUp: asks the system, and blocks; nil or empty where there is no such name. Tests put their own in.
    package init(threads: Int = 16, lookUp: @escaping @Sendable (String) -> [IPAddress]? = SystemResolver.system) {
        maximumThreads = max(threads, 1)
        longest = .seconds(15)
        state = Mutex(State(lookups: Lookups()))
        self.lookUp = lookUp
    }

    init(
        threads: Int, queue: Int, longest: TimeAmount, lookUp: @escaping @Sendable (String) -> [IPAddress]?
    ) {
        maximumThreads = threads
        self.longest = longest
        state = Mutex(State(lookups: Lookups(limits: .init(queue: queue))))
        self.lookUp = lookUp
    }

    package func addresses(of name: String, deadline: NIODeadline) async throws(EgressError) -> [IPAddress] {
        let deadline = min(deadline, .now() + longest)
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        do {
            // The timer is a task of its own only where the name is not known.
            if let known = remembered(name) { return known }
            return try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    let left = max(deadline - .now(), .nanoseconds(0))
                    // A little later than the deadline, so that ``ask`` sees it passed if it comes second.
                    try await Task.sleep(for: .nanoseconds(left.nanoseconds) + .milliseconds(1))
                    self.giveUp(id, name, .dnsTimeout)
                }
                defer { group.cancelAll() }
                return try await withTaskCancellationHandler {
                    try await withCheckedThrowingContinuation { self.ask(name, id, deadline, $0) }
                } onCancel: {
                    self.giveUp(id, name, .cancelled)
                }
            }
        } catch let error as EgressError {
            throw error
        } catch {
            throw EgressError(.cancelled)
        }
    }

    package func remembered(_ name: String) -> [IPAddress]? {
        state.withLock { $0.lookups.known(name, now: .now()) }
    }

    package func close() {
        let waiting = state.withLock { $0.lookups.close() }
        for waiter in waiting { waiter.resume(throwing: EgressError(.overloaded)) }
        for _ in 0..<maximumThreads { wake.raise() }
    }

    private func ask(_ name: String, _ id: UInt64, _ deadline: NIODeadline, _ waiter: Waiter) {
        enum Step { case answer(Result<[IPAddress], EgressError>), startThread, wakeThread, wait }
        let step = state.withLock { state -> Step in
            // Who would withdraw the waiter may have come before it.
            let now = NIODeadline.now()
            if Task.isCancelled { return .answer(.failure(EgressError(.cancelled))) }
            if now >= deadline { return .answer(.failure(EgressError(.dnsTimeout))) }
            switch state.lookups.ask(name, id: id, now: now, waiter: waiter) {
            case .known(let addresses): return .answer(.success(addresses))
            case .overloaded: return .answer(.failure(EgressError(.dnsOverloaded)))
            case .closed: return .answer(.failure(EgressError(.overloaded)))
            case .waits(startsLookup: false): return .wait
            case .waits(startsLookup: true):
                if state.idleThreads > 0 {
                    // Counted out here, not when it wakes: the next name needs a thread of its own.
                    state.idleThreads -= 1
                    return .wakeThread
                }
                guard state.threads < maximumThreads else { return .wait }
                state.threads += 1
                return .startThread
            }
        }
        switch step {
        case .answer(let result): waiter.resume(with: result.mapError { $0 as any Error })
        case .wakeThread: wake.raise()
        case .startThread:
            if !Threads.start({ self.work() }) { state.withLock { $0.threads -= 1 } }
        case .wait: break
        }
    }

    private func giveUp(_ id: UInt64, _ name: String, _ kind: EgressError.Kind) {
        let waiter = state.withLock { $0.lookups.withdraw(id, from: name) }
        waiter?.resume(throwing: EgressError(kind))
    }

    /// A thread's life. A lookup that hangs in the system is not waited for at the end: its thread is detached.
    private func work() {
        while true {
            let (name, isClosed) = state.withLock { state in
                let name = state.lookups.take()
                if name == nil { state.idleThreads += 1 }
                return (name, state.lookups.isClosed)
            }
            guard let name else {
                if isClosed { return }
                wake.wait()
                continue
            }
            let found = lookUp(name)
            let addresses = found?.isEmpty == false ? found : nil
            for waiter in state.withLock({ $0.lookups.complete(name, addresses, now: .now()) }) {
                if let addresses {
                    waiter.resume(returning: addresses)
                } else {
                    waiter.resume(throwing: EgressError(.nameNotFound))
                }
            }
        }
    }

    /// getaddrinfo(3). Blocks.
    @Sendable package static func system(_ name: String) -> [IPAddress]? {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(name, nil, &hints, &list) == 0 else { return nil }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next {
            next = entry.pointee.ai_next
            guard let pointer = UnsafeRawPointer(entry.pointee.ai_addr) else { continue }
            guard let (address, _) = SocketAddressBytes.parse(pointer, count: Int(entry.pointee.ai_addrlen)) else {
                continue
            }
            if !addresses.contains(address) { addresses.append(address) }
        }
        return addresses
    }
}
