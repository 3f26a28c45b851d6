package import Registry
import Synchronization

/// Makes proposals of what calls have handed over, and keeps them in the store. For one thread that may block and compute.
package final class DriftBook: Sendable {
    private let store: any DriftStore
    private let directory: Directory
    /// A definition as it is stored now, by user and slug.
    private let definition: @Sendable (String, String) throws(StoreError) -> StoredAPI?
    private let watches = Mutex(Watches())

    private struct Watches {
        var byKey: [DriftIntake.Key: (watch: DriftWatch, bytes: Int)] = [:]
        var bytes = 0
    }

    /// Endpoints of which it is known what was seen.
    private static let mostWatches = 10_000
    /// Of their changes together, as text; in memory they are some ten times that.
    private static let mostBytes = 16 << 20
    /// After so long without a mismatch, in microseconds, what was seen before is forgotten: 24 hours.
    private static let memory: Int64 = 86_400_000_000

    package init(
        store: any DriftStore, directory: Directory,
        definition: @escaping @Sendable (String, String) throws(StoreError) -> StoredAPI?
    ) {
        self.store = store
        self.directory = directory
        self.definition = definition
    }

    /// Changes that are worked out at one time; of what else came only the count is taken.
    private static let mostChanges = 16

    /// Adds what came, and writes what it amounts to.
    ///
    /// - Returns: the proposals that were opened.
    package func enter(_ batches: [DriftIntake.Key: DriftIntake.Batch]) throws(StoreError) -> [DriftProposal] {
        var opened: [DriftProposal] = []
        var kept: [DriftProposal] = []
        var left = Self.mostChanges
        for (key, batch) in batches.sorted(by: { $0.value.first < $1.value.first }) {
            // Judged by a definition that is no more, it says nothing.
            guard let api = directory.compiledIfReady(user: batch.api.user, slug: batch.api.slug),
                api.etag == batch.api.etag
            else { continue }
            switch try verdict(on: batch, key, &left) {
            case .nothing: break
            case .open(let proposal):
                opened.append(proposal)
                kept.append(proposal)
            case .update(let proposal): kept.append(proposal)
            }
        }
        try store.keep(kept)
        return opened
    }

    private func verdict(
        on batch: DriftIntake.Batch, _ key: DriftIntake.Key, _ left: inout Int
    ) throws(StoreError) -> DriftWatch.Verdict {
        let (api, endpoint) = (batch.api, batch.endpoint)
        var watch = watches.withLock { $0.byKey[key]?.watch } ?? DriftWatch()
        if watch.lastSeen < batch.first - Self.memory { watch = DriftWatch() }
        let base = DriftProposal.Base(etag: api.etag, digest: endpoint.responseDigest)
        let standing = try store.standingProposals(api: api.id, endpoint: endpoint.name)
        for proposal in standing where proposal.state == .open && proposal.base.digest != base.digest {
            try store.close(id: proposal.id, user: proposal.user, as: .stale, at: batch.last)
        }
        watch.follow(standing, base: base)
        watch.counted(batch.count, first: batch.first, last: batch.last)
        var proposer: DriftProposer?
        for sample in batch.samples {
            let kinds = Deviation.Kind.all(of: sample.mismatches, in: sample.answer, of: endpoint)
            guard watch.concerns(Set(kinds)) else { continue }
            if proposer == nil, let stored = try definition(api.user, api.slug), stored.etag == api.etag {
                proposer = DriftProposer(api: api, endpoint: endpoint, stored: stored)
            }
            guard let proposer else { break }
            var change = watch.change
            if !watch.knows(kinds), !proposer.admits(sample.answer, with: change) {
                guard left > 0 else { continue }
                left -= 1
                change = proposer.extend(change, for: sample.answer)
            }
            watch.looked(at: kinds, time: sample.time, change: change)
        }
        let verdict = watch.verdict(user: api.user, api: api.id, endpoint: endpoint.name, id: Identifier.make("drf"))
        keep(watch, key)
        return verdict
    }

    private func keep(_ watch: DriftWatch, _ key: DriftIntake.Key) {
        let bytes = watch.change.bytes
        watches.withLock { watches in
            watches.bytes += bytes - (watches.byKey[key]?.bytes ?? 0)
            let isFull = watches.byKey.count >= Self.mostWatches && watches.byKey[key] == nil
            // What matters is learnt again within a few answers.
            if isFull || watches.bytes > Self.mostBytes { watches = Watches(bytes: bytes) }
            watches.byKey[key] = (watch, bytes)
        }
    }
}
