import Synchronization

/// What calls look up, in memory: active tokens and compiled definitions. It follows the store: whoever writes there
/// tells the directory next, before answering, so that a revocation counts at once (C7).
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
        /// By user, then slug.
        var apis: [String: [String: CompiledAPI]] = [:]
    }

    private let contents = Mutex(Contents())

    package init() {}

    /// Fills the directory from a store, and returns the definitions that no longer compile, with the reason.
    package func load(from store: some RegistryStore) throws(StoreError) -> [(api: StoredAPI, error: DefinitionError)] {
        let tokens = try store.activeTokens()
        let suspended = try store.suspendedUsers()
        var broken: [(StoredAPI, DefinitionError)] = []
        var apis: [String: [String: CompiledAPI]] = [:]
        for stored in try store.allAPIs() {
            do throws(DefinitionError) {
                apis[stored.user, default: [:]][stored.slug] = try CompiledAPI(stored: stored)
            } catch {
                broken.append((stored, error))
            }
        }
        let loaded = apis
        contents.withLock {
            $0.tokens = Dictionary(tokens.map { ($0.id, Entry($0)) }) { $1 }
            $0.suspended = Set(suspended)
            $0.apis = loaded
        }
        return broken
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

    /// A user's API by its slug.
    package func api(user: String, slug: String) -> CompiledAPI? { contents.withLock { $0.apis[user]?[slug] } }

    /// All of a user's APIs, by slug.
    package func apis(user: String) -> [CompiledAPI] {
        contents.withLock { $0.apis[user].map { Array($0.values) } ?? [] }.sorted { $0.slug < $1.slug }
    }

    /// The users that have APIs.
    package var owners: [String] { contents.withLock { Array($0.apis.keys) } }

    /// Adds a token, or drops it when it is revoked.
    package func set(_ token: Token) {
        contents.withLock { $0.tokens[token.id] = token.revoked == nil ? Entry(token) : nil }
    }

    /// Drops tokens.
    package func removeTokens(_ ids: some Sequence<String>) {
        contents.withLock { for id in ids { $0.tokens[id] = nil } }
    }

    /// Swaps an API's snapshot; one under its earlier slug goes.
    package func set(_ api: CompiledAPI) {
        contents.withLock {
            $0.apis[api.user, default: [:]] = ($0.apis[api.user] ?? [:]).filter { $0.value.id != api.id }
            $0.apis[api.user, default: [:]][api.slug] = api
        }
    }

    /// Drops an API.
    package func removeAPI(id: String, user: String) {
        contents.withLock { $0.apis[user] = $0.apis[user]?.filter { $0.value.id != id } }
    }

    /// Drops everything of a user.
    package func removeUser(_ user: String) {
        contents.withLock {
            $0.apis[user] = nil
            $0.tokens = $0.tokens.filter { $0.value.token.user != user }
            $0.suspended.remove(user)
        }
    }
}
