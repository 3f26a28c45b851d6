import NIOCore

/// What was revoked lately: a session whose token was checked just before its revocation must not be taken in just after.
struct Revocations: Sendable {
    enum Key: Hashable, Sendable {
        case tunnel(String)
        case token(String)
        case user(String)
    }

    private let memory: TimeAmount
    private var keys: [Key: NIODeadline] = [:]

    init(memory: TimeAmount) {
        self.memory = memory
    }

    mutating func add(_ key: Key, now: NIODeadline) {
        keys = keys.filter { $0.value > now }
        keys[key] = now + memory
    }

    func cover(_ identity: TunnelIdentity, now: NIODeadline) -> Bool {
        guard !keys.isEmpty else { return false }
        let own: [Key] = [.tunnel(identity.tunnelID), .token(identity.tokenID), .user(identity.userID)]
        return own.contains { keys[$0].map { $0 > now } ?? false }
    }
}
