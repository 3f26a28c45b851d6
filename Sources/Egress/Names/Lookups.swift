import EgressPolicy
import NIOCore

/// Which names are known, being looked up, or waiting for a thread. A value without threads or time of its own.
///
/// One name takes at most one thread, however many wait for it, so that a name whose servers hang holds up itself only.
struct Lookups<Waiter> {
    struct Limits: Sendable {
        /// Names that wait for a thread.
        var queue = 256
        /// Who wait, over all names.
        var waiters = 4096
        /// Names whose addresses are remembered.
        var cached = 1024
        /// Short: an API that moves must be followed.
        var timeToLive: TimeAmount = .seconds(10)
    }

    enum Asked {
        case known([IPAddress])
        /// The waiter is kept; `startsLookup` where the name is new in the queue.
        case waits(startsLookup: Bool)
        case overloaded
        case closed
    }

    private struct Entry {
        var addresses: [IPAddress]
        var expires: NIODeadline
    }

    private let limits: Limits
    private var cache: [String: Entry] = [:]
    private var waiters: [String: [UInt64: Waiter]] = [:]
    private var waiterCount = 0
    /// Names in `waiters` that no thread has taken yet.
    private var queue: [String] = []
    /// Names whose lookup runs, waited for or not.
    private var running: Set<String> = []
    private(set) var isClosed = false

    init(limits: Limits = Limits()) { self.limits = limits }

    /// What is remembered of `name`.
    func known(_ name: String, now: NIODeadline) -> [IPAddress]? {
        guard let entry = cache[name], entry.expires > now else { return nil }
        return entry.addresses
    }

    /// - Parameter id: names the waiter in ``withdraw(_:from:)``.
    mutating func ask(_ name: String, id: UInt64, now: NIODeadline, waiter: Waiter) -> Asked {
        if isClosed { return .closed }
        if let addresses = known(name, now: now) { return .known(addresses) }
        guard waiterCount < limits.waiters else { return .overloaded }
        let isKnown = waiters[name] != nil || running.contains(name)
        if !isKnown {
            guard queue.count < limits.queue else { return .overloaded }
            queue.append(name)
        }
        waiters[name, default: [:]][id] = waiter
        waiterCount += 1
        return .waits(startsLookup: !isKnown)
    }

    /// The waiter gives up; nil where it has been answered. A name nobody waits for leaves the queue.
    mutating func withdraw(_ id: UInt64, from name: String) -> Waiter? {
        guard let waiter = waiters[name]?.removeValue(forKey: id) else { return nil }
        waiterCount -= 1
        if waiters[name]?.isEmpty == true {
            waiters[name] = nil
            queue.removeAll { $0 == name }
        }
        return waiter
    }

    /// The next name for a thread that is free.
    mutating func take() -> String? {
        guard !queue.isEmpty else { return nil }
        let name = queue.removeFirst()
        running.insert(name)
        return name
    }

    /// A lookup has come back; nil addresses for none. Returns who waited.
    mutating func complete(_ name: String, _ addresses: [IPAddress]?, now: NIODeadline) -> [Waiter] {
        running.remove(name)
        if let addresses, !isClosed {
            makeRoom(now: now)
            cache[name] = Entry(addresses: addresses, expires: now + limits.timeToLive)
        }
        let answered = waiters.removeValue(forKey: name)?.values.map { $0 } ?? []
        waiterCount -= answered.count
        return answered
    }

    /// Returns everyone who waits.
    mutating func close() -> [Waiter] {
        isClosed = true
        defer {
            waiters = [:]
            queue = []
            cache = [:]
            waiterCount = 0
        }
        return waiters.values.flatMap(\.values)
    }

    private mutating func makeRoom(now: NIODeadline) {
        guard cache.count >= limits.cached else { return }
        cache = cache.filter { $0.value.expires > now }
        // All fresh: the cache only saves lookups, so losing it costs little.
        if cache.count >= limits.cached { cache = [:] }
    }
}
