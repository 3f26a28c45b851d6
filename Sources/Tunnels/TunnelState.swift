import NIOCore

/// One tunnel: its sessions, and the calls that wait for one of them. Pure: time comes in, and what is to be done goes
/// out; the one thing it touches is a session's count of slots.
struct TunnelState<Session: TunnelSession> {
    struct Entry {
        let id: UInt64
        let identity: TunnelIdentity
        let session: Session
        let since: NIODeadline
        /// A newer start of the same connector has taken its place; it only finishes what it has.
        var isFenced = false

        var isCandidate: Bool { !isFenced && session.isAccepting }
    }

    /// A call that waits.
    struct Waiter {
        let id: UInt64
        /// The call's own deadline.
        let deadline: NIODeadline
        /// When it gives up.
        var until: NIODeadline
    }

    /// A slot taken for a call that waited.
    struct Grant {
        let waiter: UInt64
        let entry: Entry
    }

    struct Expiry {
        let waiter: UInt64
        let error: TunnelError
    }

    private let limits: TunnelLimits
    private(set) var entries: [Entry] = []
    private(set) var waiters: [Waiter] = []
    /// When the last session ended; nil while one is live, and when none ever was.
    private var lastLive: NIODeadline?
    /// The tunnel was revoked: nothing of it is waited for.
    private var isAbandoned = false
    /// The newest start of each connector.
    private var epochs: [String: UInt64] = [:]

    init(limits: TunnelLimits) {
        self.limits = limits
    }

    // MARK: sessions

    /// Why a session of this identity would not be taken.
    func refusal(of identity: TunnelIdentity) -> TunnelRefusal? {
        if let newest = epochs[identity.instance], identity.epoch < newest { return .fenced }
        let left = entries.lazy.filter { !$0.isFenced && !Self.fences(identity, $0.identity) }
        return left.count < limits.sessions ? nil : .tooManySessions
    }

    /// Takes a session for which there is no ``refusal(of:)``: sessions to drain, and calls that can start.
    mutating func register(_ entry: Entry) -> (fenced: [Session], grants: [Grant]) {
        let identity = entry.identity
        var fenced: [Session] = []
        for index in entries.indices where Self.fences(identity, entries[index].identity) && !entries[index].isFenced {
            entries[index].isFenced = true
            fenced.append(entries[index].session)
        }
        epochs[identity.instance] = identity.epoch
        entries.append(entry)
        lastLive = nil
        isAbandoned = false
        return (fenced, serve())
    }

    /// A connector that has started anew, or that dials one of its connections again, leaves zombies behind.
    private static func fences(_ new: TunnelIdentity, _ old: TunnelIdentity) -> Bool {
        new.instance == old.instance && new.epoch > old.epoch
    }

    /// A session has closed.
    mutating func ended(_ id: UInt64, now: NIODeadline) {
        guard let index = entries.firstIndex(where: { $0.id == id }) else { return }
        let instance = entries.remove(at: index).identity.instance
        guard entries.isEmpty else {
            // A cap on what is remembered: the starts of connectors that have left are worth little.
            if epochs.count > 4 * limits.sessions, !entries.contains(where: { $0.identity.instance == instance }) {
                epochs[instance] = nil
            }
            return
        }
        guard !isAbandoned else { return }
        lastLive = now
        for index in waiters.indices { waiters[index].until = min(waiters[index].until, now + limits.patience) }
    }

    /// Sessions that match are to be closed at once, and take no more calls.
    mutating func revoke(where matches: (TunnelIdentity) -> Bool) -> [Session] {
        var revoked: [Session] = []
        for index in entries.indices where matches(entries[index].identity) {
            entries[index].isFenced = true
            revoked.append(entries[index].session)
        }
        return revoked
    }

    // MARK: calls

    enum Lease {
        case granted(Entry)
        /// Under the id given; a later grant or expiry names it.
        case waits
        case refused(TunnelError)
    }

    /// A slot for a call that need not wait, unless others wait before it.
    func leaseAtOnce() -> Entry? {
        waiters.isEmpty ? reserve() : nil
    }

    /// A call wants a slot, and would wait for it under this id.
    mutating func lease(waiter id: UInt64, deadline: NIODeadline, now: NIODeadline) -> Lease {
        if let entry = leaseAtOnce() { return .granted(entry) }
        let capacity = capacity
        guard capacity > 0 || isBrieflyGone(now) else { return .refused(.offline(retryAfter: limits.retryAfter)) }
        let places = capacity > 0 ? capacity : limits.waitersWhileGone
        guard waiters.count < places else { return .refused(.overloaded) }
        let until = capacity > 0 ? deadline : min(deadline, now + limits.patience)
        guard until > now else { return .refused(expiryError(capacity: capacity)) }
        waiters.append(Waiter(id: id, deadline: deadline, until: until))
        return .waits
    }

    /// Gives slots that are free to calls that wait, in the order they came.
    mutating func serve() -> [Grant] {
        var grants: [Grant] = []
        while grants.count < waiters.count, let entry = reserve() {
            grants.append(Grant(waiter: waiters[grants.count].id, entry: entry))
        }
        waiters.removeFirst(grants.count)
        return grants
    }

    /// A call that waited has gone; false when it no longer waited.
    mutating func cancel(waiter id: UInt64) -> Bool {
        guard let index = waiters.firstIndex(where: { $0.id == id }) else { return false }
        waiters.remove(at: index)
        return true
    }

    /// Calls whose time is up.
    mutating func expire(now: NIODeadline) -> [Expiry] {
        guard waiters.contains(where: { $0.until <= now }) else { return [] }
        let error = expiryError(capacity: capacity)
        let expired = waiters.filter { $0.until <= now }
        waiters.removeAll { $0.until <= now }
        return expired.map { Expiry(waiter: $0.id, error: error) }
    }

    /// All calls that wait, when no session is to come.
    mutating func abandon() -> [Expiry] {
        let abandoned = waiters.map {
            Expiry(waiter: $0.id, error: .offline(retryAfter: limits.retryAfter))
        }
        waiters.removeAll()
        lastLive = nil
        isAbandoned = true
        return abandoned
    }

    // MARK: time

    /// When ``expire(now:)`` or ``isForgettable(now:)`` has news.
    var nextDue: NIODeadline? {
        if let until = waiters.lazy.map(\.until).min() { return until }
        return lastLive.map { $0 + limits.memory }
    }

    /// Whether nothing here is worth keeping.
    func isForgettable(now: NIODeadline) -> Bool {
        entries.isEmpty && waiters.isEmpty && !isBrieflyGone(now)
    }

    // MARK: choosing

    /// Takes a slot on the accepting session with the fewest calls in flight. On every call's path, under the hub's
    /// lock: it makes no array as long as that session has a slot.
    private func reserve() -> Entry? {
        var best: Int?
        var least = Int.max
        for index in entries.indices where entries[index].isCandidate {
            let load = Self.load(entries[index].session)
            if load < least { (best, least) = (index, load) }
        }
        guard let best else { return nil }
        return entries[best].session.reserve() ? entries[best] : reserveAny()
    }

    /// The session with the fewest calls takes no more, as its peer may allow less than others do.
    private func reserveAny() -> Entry? {
        let candidates = entries.filter(\.isCandidate).sorted { Self.load($0.session) < Self.load($1.session) }
        return candidates.first { $0.session.reserve() }
    }

    /// Calls in flight, less what crossing to another thread is worth.
    private static func load(_ session: Session) -> Int {
        session.callsInFlight - (session.isHere ? nearness : 0)
    }

    /// A session on the caller's own event loop is chosen while it has at most so many calls more than another.
    private static var nearness: Int { 8 }

    /// Calls all accepting sessions together take.
    private var capacity: Int {
        entries.reduce(0) { $1.isCandidate ? $0 + $1.session.peerStreamLimit : $0 }
    }

    /// No session accepts, and one did until lately: sessions that drain count as such.
    private func isBrieflyGone(_ now: NIODeadline) -> Bool {
        guard !isAbandoned else { return false }
        if let lastLive { return now < lastLive + limits.memory }
        return entries.contains { !$0.isCandidate }
    }

    private func expiryError(capacity: Int) -> TunnelError {
        capacity > 0 ? .overloaded : .offline(retryAfter: limits.retryAfter)
    }
}
