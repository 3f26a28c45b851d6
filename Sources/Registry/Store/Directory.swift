import Synchronization

/// What calls look up, in memory: active tokens, and the definitions that calls have used since the start, compiled. It
/// follows the store: whoever writes there tells the directory next, before answering, so that a revocation counts at
/// once (C7).
///
/// The start reads only which APIs there are. The first use of each reads its definition and compiles it, away from event
/// loops; whoever uses it meanwhile waits for that same result.
package final class Directory: Sendable {
    /// A token, and when it was last used.
    private final class Entry: Sendable {
        let token: Token
        let lastUsed = Atomic<Int64>(0)

        init(_ token: Token) { self.token = token }
    }

    private struct Contents {
        var tokens: [String: Entry] = [:]
        /// Users whose tokens are not good for now.
        var suspended: Set<String> = []
        var apis = APITable()
        var source: Source?
    }

    /// Where definitions that are not compiled come from.
    private struct Source: Sendable {
        /// Reads the definition of a user's API by its slug.
        let read: @Sendable (String, String) throws(StoreError) -> StoredAPI?
        /// Readies what calls of an API need beside its definition.
        let prepare: @Sendable (CompiledAPI) -> Void
        /// Hears the id of an API whose definition cannot be used, and why.
        let report: @Sendable (String, String) -> Void
    }

    private let contents = Mutex(Contents())
    private let run: @Sendable (String, @escaping @Sendable () -> Void) -> Void

    /// - Parameter run: runs a job of a user's that blocks on the disk and takes a processor for up to a second. By default
    ///   it runs where it is.
    package init(run: @escaping @Sendable (_ user: String, _ job: @escaping @Sendable () -> Void) -> Void = { $1() }) {
        self.run = run
    }

    /// Fills the directory from a store: all tokens, and the names of all APIs. Blocks on the disk.
    ///
    /// - Parameters:
    ///   - prepare: called before the first calls of each API that was there at the start, away from event loops; now and
    ///     then twice.
    ///   - report: called for an API whose definition no longer compiles, with its id and the reason. Its calls are answered
    ///     as those of an unknown API until it is written again.
    package func load(
        from store: some RegistryStore, prepare: @escaping @Sendable (CompiledAPI) -> Void = { _ in },
        report: @escaping @Sendable (_ id: String, _ reason: String) -> Void = { _, _ in }
    ) throws(StoreError) {
        let tokens = try store.activeTokens()
        let suspended = try store.suspendedUsers()
        let names = try store.apiNames()
        let source = Source(
            read: { user, slug throws(StoreError) in try store.api(user: user, slug: slug) }, prepare: prepare,
            report: report)
        contents.withLock {
            $0.tokens = Dictionary(tokens.map { ($0.id, Entry($0)) }) { $1 }
            $0.suspended = Set(suspended)
            $0.apis.fill(names)
            $0.source = source
        }
    }

    /// An active token by its id; its hash is still to be compared.
    package func token(id: String) -> Token? { contents.withLock { $0.tokens[id]?.token } }

    /// Whether an operator has suspended a user.
    package func isSuspended(user: String) -> Bool { contents.withLock { $0.suspended.contains(user) } }

    /// Suspends a user, or ends that.
    package func setSuspended(_ isSuspended: Bool, user: String) {
        contents.withLock {
            if isSuspended { $0.suspended.insert(user) } else { $0.suspended.remove(user) }
        }
    }

    /// Notes that a token is used now.
    package func touch(token id: String, at time: Int64) {
        contents.withLock { $0.tokens[id] }?.lastUsed.store(time, ordering: .relaxed)
    }

    /// When a token was last used, as far as is known here.
    package func lastUsed(token id: String) -> Int64? {
        contents.withLock { $0.tokens[id] }.map { $0.lastUsed.load(ordering: .relaxed) }.flatMap { $0 > 0 ? $0 : nil }
    }

    /// When the tokens that were used since were used last, by id.
    package func tokensUsed(since time: Int64) -> [String: Int64] {
        let entries = contents.withLock { $0.tokens }
        return entries.mapValues { $0.lastUsed.load(ordering: .relaxed) }.filter { $0.value >= time && $0.value > 0 }
    }

    /// Drops the tokens whose time is over, and returns their ids.
    package func removeExpiredTokens(at time: Int64) -> [String] {
        contents.withLock { contents in
            let expired = contents.tokens.filter { $0.value.token.isExpired(at: time) }.map(\.key)
            for id in expired { contents.tokens[id] = nil }
            return expired
        }
    }

    /// What is known at once of a user's API; never waits.
    package func lookUp(user: String, slug: String) -> APILookup {
        contents.withLock { $0.apis.lookUp(user: user, slug: slug) }
    }

    /// A user's API by its slug, if it is compiled; never waits. Nil where the user has none, too: ``lookUp(user:slug:)``
    /// tells the two apart.
    package func compiledIfReady(user: String, slug: String) -> CompiledAPI? {
        guard case .ready(let api) = lookUp(user: user, slug: slug) else { return nil }
        return api
    }

    /// A user's API by its slug, compiled first where it is cold; nil where the user has none that can be used.
    ///
    /// - Throws: ``StoreError`` where the definition cannot be read; the next use tries again.
    package func api(user: String, slug: String) async throws(StoreError) -> CompiledAPI? {
        switch lookUp(user: user, slug: slug) {
        case .ready(let api): return api
        case .unknown: return nil
        case .cold: break
        }
        return try await withCheckedContinuation { continuation in
            compile(user: user, slug: slug) { continuation.resume(returning: $0) }
        }.get()
    }

    /// A user's API by its id, as ``api(user:slug:)``.
    package func api(user: String, id: String) async throws(StoreError) -> CompiledAPI? {
        guard let slug = contents.withLock({ $0.apis.slug(ofAPI: id, user: user) }),
            let api = try await api(user: user, slug: slug), api.id == id
        else { return nil }
        return api
    }

    /// Compiles a user's API where it is cold, once for all who wait, and calls `done` with what ``api(user:slug:)``
    /// returns: at once on this thread where nothing is to be waited for, else on the thread that compiled it.
    package func compile(
        user: String, slug: String, done: @escaping @Sendable (Result<CompiledAPI?, StoreError>) -> Void
    ) {
        switch contents.withLock({ $0.apis.wait(user: user, slug: slug, done) }) {
        case .answer(let api): done(.success(api))
        case .queued: break
        case .load: run(user) { [self] in load(user: user, slug: slug) }
        }
    }

    private func load(user: String, slug: String) {
        let source = contents.withLock { $0.source }
        let loaded = source.map { Self.load(user, slug, $0) } ?? .missing
        if case .compiled(let api) = loaded { source?.prepare(api) }
        let (waiters, answer) = contents.withLock { $0.apis.loaded(loaded, user: user, slug: slug) }
        for waiter in waiters { waiter(answer) }
    }

    private static func load(_ user: String, _ slug: String, _ source: Source) -> APITable.Loaded {
        let stored: StoredAPI
        do throws(StoreError) {
            guard let found = try source.read(user, slug) else { return .missing }
            stored = found
        } catch {
            guard error.code == .corrupt else { return .failed(error) }
            source.report("\(user)/\(slug)", error.message)
            return .broken
        }
        do throws(DefinitionError) {
            return .compiled(try CompiledAPI(stored: stored))
        } catch {
            source.report(stored.id, "\(error)")
            return .broken
        }
    }

    /// The users that have APIs.
    package var owners: [String] { contents.withLock { $0.apis.owners } }

    /// The slugs of a user's APIs, sorted.
    package func slugs(user: String) -> [String] { contents.withLock { $0.apis.slugs(user: user) } }

    /// The ids of a user's APIs.
    package func apiIDs(user: String) -> [String] { contents.withLock { $0.apis.ids(user: user) } }

    /// Adds a token, or drops it when it is revoked.
    package func set(_ token: Token) {
        contents.withLock { $0.tokens[token.id] = token.revoked == nil ? Entry(token) : nil }
    }

    /// Drops tokens.
    package func removeTokens(_ ids: some Sequence<String>) {
        contents.withLock { for id in ids { $0.tokens[id] = nil } }
    }

    /// Swaps an API's snapshot; one under its earlier slug goes. May block on the disk the first time.
    package func set(_ api: CompiledAPI) {
        let source = contents.withLock { $0.apis.isUnused(id: api.id, user: api.user) ? $0.source : nil }
        source?.prepare(api)
        contents.withLock { $0.apis.set(api) }
    }

    /// Drops an API.
    package func removeAPI(id: String, user: String) { contents.withLock { $0.apis.remove(id: id, user: user) } }

    /// Drops everything of a user.
    package func removeUser(_ user: String) {
        contents.withLock {
            $0.apis.remove(user: user)
            $0.tokens = $0.tokens.filter { $0.value.token.user != user }
            $0.suspended.remove(user)
        }
    }
}
