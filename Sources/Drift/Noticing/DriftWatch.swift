package import Registry

/// What one endpoint's answers come to: nothing yet, a proposal that is opened, or one that is open and grows.
///
/// A single odd answer opens none: there must have been ``threshold`` that did not follow the schema, one of them looked
/// at. What was dismissed is not proposed again while the schema is the same, and of answers that deviate so and in no
/// other way none counts.
package struct DriftWatch: Sendable {
    /// Answers that do not follow the schema before a change is proposed.
    package static let threshold = 3
    /// Deviations of one proposal.
    package static let mostDeviations = 64

    /// What is to be written.
    package enum Verdict: Sendable, Hashable {
        case nothing
        case open(DriftProposal)
        case update(DriftProposal)
    }

    private enum State {
        /// Not proposed.
        case watching
        /// The proposal, as it is to be written next.
        case open(DriftProposal)
    }

    private struct Tally {
        var mismatches = 0
        var lookedAt = 0
        var firstSeen: Int64?
        var lastSeen: Int64 = 0
        var deviations: [Deviation] = []
    }

    private var state = State.watching
    private var base: DriftProposal.Base?
    /// Of what is not in the proposal yet.
    private var tally = Tally()
    private var dismissed: Set<Deviation.Kind> = []
    private var hasNews = false
    /// What would have to change, as far as is known.
    package private(set) var change = SchemaChange()

    package init() {}

    /// When the last answer came that counted, in microseconds since 1970.
    package var lastSeen: Int64 {
        if case .open(let proposal) = state { proposal.lastSeen } else { tally.lastSeen }
    }

    /// Takes over what the schema is now, and what is known of the endpoint: its open proposal and the dismissed ones.
    /// With another schema everything begins anew.
    package mutating func follow(_ standing: [DriftProposal], base: DriftProposal.Base) {
        let valid = standing.filter { $0.base.digest == base.digest }
        if self.base?.digest != base.digest { self = DriftWatch() }
        self.base = base
        dismissed = valid.filter { $0.state == .dismissed }.reduce(into: []) { kinds, proposal in
            kinds.formUnion(proposal.deviations.map(\.kind))
        }
        let open = valid.first { $0.state == .open }
        switch (state, open) {
        case (.watching, nil): break
        case (.watching, let open?):
            state = .open(open)
            change = open.change
        case (.open(let own), let open?) where own.id == open.id: break
        case (.open, let other):
            // Accepted or dismissed meanwhile.
            tally = Tally()
            change = other?.change ?? SchemaChange()
            state = other.map { .open($0) } ?? .watching
        }
    }

    /// Answers that did not follow the schema came; among them were those that ``looked(at:time:)`` tells of.
    package mutating func counted(_ count: Int, first: Int64, last: Int64) {
        switch state {
        case .open(var proposal):
            proposal.mismatches += count
            proposal.lastSeen = max(proposal.lastSeen, last)
            state = .open(proposal)
            hasNews = true
        case .watching:
            // Of what was not looked at nobody knows whether it deviates in more than what was dismissed.
            guard dismissed.isEmpty else { return }
            tally.mismatches += count
            tally.firstSeen = min(tally.firstSeen ?? first, first)
            tally.lastSeen = max(tally.lastSeen, last)
        }
    }

    /// Whether an answer that deviates so is one to propose a change for.
    package func concerns(_ kinds: Set<Deviation.Kind>) -> Bool {
        if case .open = state { return true }
        return !kinds.isSubset(of: dismissed)
    }

    /// Whether no change was found for answers that deviate so, and in no other way: nor would one be found now.
    package func knows(_ kinds: [Deviation.Kind]) -> Bool {
        guard change.obstacle != nil else { return false }
        let known: [Deviation] = if case .open(let proposal) = state { proposal.deviations } else { tally.deviations }
        return kinds.allSatisfy { kind in known.contains { $0.kind == kind } }
    }

    /// An answer was looked at, that ``concerns(_:)`` was true of.
    ///
    /// - Parameter change: what would have to change for this answer and those before it.
    package mutating func looked(at kinds: [Deviation.Kind], time: Int64, change: SchemaChange) {
        self.change = change
        switch state {
        case .open(var proposal):
            proposal.lookedAt += 1
            Self.add(kinds, to: &proposal.deviations)
            proposal.change = change
            if let base { proposal.base = base }
            state = .open(proposal)
            hasNews = true
        case .watching:
            tally.lookedAt += 1
            Self.add(kinds, to: &tally.deviations)
            guard !dismissed.isEmpty else { return }
            tally.mismatches += 1
            tally.firstSeen = min(tally.firstSeen ?? time, time)
            tally.lastSeen = max(tally.lastSeen, time)
        }
    }

    /// What is to be written now.
    ///
    /// - Parameter id: of a proposal that is opened.
    package mutating func verdict(
        user: String, api: String, endpoint: String, id: @autoclosure () -> String
    ) -> Verdict {
        switch state {
        case .open(let proposal):
            guard hasNews else { return .nothing }
            hasNews = false
            return .update(proposal)
        case .watching:
            guard tally.mismatches >= Self.threshold, tally.lookedAt > 0, let base else { return .nothing }
            let proposal = DriftProposal(
                id: id(), user: user, api: api, endpoint: endpoint, base: base,
                firstSeen: tally.firstSeen ?? tally.lastSeen, lastSeen: tally.lastSeen, mismatches: tally.mismatches,
                lookedAt: tally.lookedAt, deviations: tally.deviations, change: change)
            tally = Tally()
            state = .open(proposal)
            return .open(proposal)
        }
    }

    private static func add(_ kinds: [Deviation.Kind], to deviations: inout [Deviation]) {
        for kind in kinds {
            if let index = deviations.firstIndex(where: { $0.kind == kind }) {
                deviations[index].count += 1
            } else if deviations.count < mostDeviations {
                deviations.append(Deviation(kind: kind, count: 1))
            }
        }
    }
}
