import ReverseHTTP

/// Which of the relay's event loops have a session, and what follows: which slot closes its session because the loop has
/// another, and which is to dial in the hope of a loop that has none. A relay gives connections to its loops in turn, so
/// dialling again ends on another. Pure: events come in, decisions go out.
///
/// A connector keeps `connections` slots at all times. More of them exist only while each covers a loop of its own; the
/// slots below that number dial again by themselves, the others are given up when they lose their session.
struct LoopCoverage {
    private enum Slot {
        case dialling
        /// On which loop, where the relay says so; `order` grows with time.
        case up(loop: Int?, order: Int)
        /// Its session finishes the calls that it has.
        case closing
    }

    /// What to do after an event.
    struct Decision: Equatable {
        /// Slots whose sessions finish their calls and end.
        var close: [Int] = []
        /// A slot that is to dial, after a wait.
        var dial: Int?
    }

    /// What becomes of a slot that has no session, and what else follows.
    struct Ending: Equatable {
        /// Whether the slot dials again; otherwise it is given up.
        var dialsAgain: Bool
        var decision = Decision()
    }

    /// As many extra dials are made for each loop that can be covered, until a session that was stable is lost.
    static let dialsPerLoop = 4

    private let connections: Int
    private let most: Int
    private var slots: [Int: Slot]
    /// The relay's event loops; 0 where the relay does not say.
    private var loops = 0
    private var dials = 0
    private var order = 0

    /// - Parameters:
    ///   - connections: the sessions to keep at all times; their slots dial from the start.
    ///   - most: the sessions to have at most.
    init(connections: Int, most: Int) {
        self.connections = connections
        self.most = max(connections, most)
        slots = Dictionary(uniqueKeysWithValues: (0..<connections).map { ($0, .dialling) })
    }

    /// The number of sessions that a relay with so many loops ends up with.
    func sessions(ofLoops loops: Int) -> Int {
        max(connections, min(loops, most))
    }

    /// Whether the slot's session finishes the calls that it has.
    func isClosing(_ slot: Int) -> Bool {
        if case .closing? = slots[slot] { true } else { false }
    }

    /// The slot's session is up.
    mutating func up(_ slot: Int, _ place: PTTH.LoopPlace?) -> Decision {
        loops = place?.count ?? 0
        order += 1
        slots[slot] = .up(loop: place?.index, order: order)
        return decide()
    }

    /// The slot's session has ended, or the relay leaves.
    ///
    /// - Parameter wasStable: it was up for long, so that the loops are worth looking for anew.
    mutating func lost(_ slot: Int, wasStable: Bool) -> Ending {
        if isClosing(slot) {
            slots[slot] = nil
            return Ending(dialsAgain: false, decision: decide())
        }
        if wasStable { dials = 0 }
        return down(slot)
    }

    /// The slot's dial has failed.
    mutating func failed(_ slot: Int) -> Ending { down(slot) }

    private mutating func down(_ slot: Int) -> Ending {
        guard running > connections else {
            slots[slot] = .dialling
            return Ending(dialsAgain: true)
        }
        slots[slot] = nil
        return Ending(dialsAgain: false, decision: decide())
    }

    // MARK: deciding

    private mutating func decide() -> Decision {
        var decision = Decision()
        while running > connections, let double = newestDouble {
            slots[double] = .closing
            decision.close.append(double)
        }
        guard dials < Self.dialsPerLoop * goal, covered.count < goal, running < most, !isDialling,
            let free = (0..<2 * most).first(where: { slots[$0] == nil })
        else { return decision }
        dials += 1
        slots[free] = .dialling
        decision.dial = free
        return decision
    }

    /// The loops that can have a session each.
    private var goal: Int { min(loops, most) }

    /// Slots that have a session, or are to have one.
    private var running: Int {
        slots.values.reduce(0) { if case .closing = $1 { $0 } else { $0 + 1 } }
    }

    private var isDialling: Bool {
        slots.values.contains { if case .dialling = $0 { true } else { false } }
    }

    private var covered: Set<Int> {
        Set(slots.values.compactMap { if case .up(let loop?, _) = $0, loop < loops { loop } else { nil } })
    }

    /// The newest session that shares its loop: it has the fewest calls, as a rule.
    private var newestDouble: Int? {
        var sharing: [Int: [(slot: Int, order: Int)]] = [:]
        for (slot, state) in slots {
            if case .up(let loop?, let order) = state { sharing[loop, default: []].append((slot, order)) }
        }
        return sharing.values.filter { $0.count > 1 }.joined().max { $0.order < $1.order }?.slot
    }
}
