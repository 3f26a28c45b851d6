import Synchronization

/// What calls look up, in memory: active tokens and compiled definitions. It follows the store: whoever writes there
/// tells the directory next, before answering, so that a revocation counts at once (C7).
package final class Directory: Sendable {
    private struct Contents {
        var tokens: [String: Token] = [:]
        /// By user, then slug.
        var apis: [String: [String: CompiledAPI]] = [:]
    }

    private let contents = Mutex(Contents())

    package init() {}

    /// Fills the directory from a store, and returns the definitions that no longer compile, with the reason.
    package func load(from store: some RegistryStore) throws(StoreError) -> [(api: StoredAPI, error: DefinitionError)] {
        let tokens = try store.activeTokens()
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
            $0.tokens = Dictionary(tokens.map { ($0.id, $0) }) { $1 }
            $0.apis = loaded
        }
        return broken
    }

    /// An active token by its id; its hash is still to be compared.
    package func token(id: String) -> Token? { contents.withLock { $0.tokens[id] } }

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
        contents.withLock { $0.tokens[token.id] = token.revoked == nil ? token : nil }
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
            $0.tokens = $0.tokens.filter { $0.value.user != user }
        }
    }
}
