/// Users' unwrapped keys and sealed records in memory, at most so many users.
///
/// Which one goes is decided by the clock algorithm: the hand passes over users opened since its last round. A dropped
/// user's keys are wiped when the last call that uses them has ended.
struct CredentialCache {
    /// A snapshot behind one reference, so that a look-up copies one pointer.
    final class Snapshot: Sendable {
        let credentials: UserCredentials

        init(_ credentials: UserCredentials) { self.credentials = credentials }
    }

    private struct Slot {
        var user: String
        var snapshot: Snapshot
        var wasUsed: Bool
    }

    private let limit: Int
    private var places: [String: Int] = [:]
    private var slots: [Slot] = []
    private var hand = 0

    /// - Parameter limit: users kept; at least one.
    init(limit: Int) {
        self.limit = max(1, limit)
    }

    var count: Int { slots.count }

    mutating func snapshot(of user: String) -> Snapshot? {
        guard let place = places[user] else { return nil }
        slots[place].wasUsed = true
        return slots[place].snapshot
    }

    /// The same without counting as use.
    func peek(_ user: String) -> Snapshot? { places[user].map { slots[$0].snapshot } }

    mutating func set(_ credentials: UserCredentials) {
        let slot = Slot(user: credentials.user, snapshot: Snapshot(credentials), wasUsed: true)
        if let place = places[slot.user] {
            slots[place] = slot
        } else if slots.count < limit {
            places[slot.user] = slots.count
            slots.append(slot)
        } else {
            while slots[hand].wasUsed {
                slots[hand].wasUsed = false
                hand = (hand + 1) % slots.count
            }
            places[slots[hand].user] = nil
            places[slot.user] = hand
            slots[hand] = slot
            hand = (hand + 1) % slots.count
        }
    }

    mutating func remove(_ user: String) {
        guard let place = places.removeValue(forKey: user) else { return }
        let last = slots.removeLast()
        if place < slots.count {
            slots[place] = last
            places[last.user] = place
        }
        if hand >= slots.count { hand = 0 }
    }
}
