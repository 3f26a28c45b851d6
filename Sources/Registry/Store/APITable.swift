/// What a look-up of an API finds at once.
package enum APILookup: Sendable {
    case ready(CompiledAPI)
    /// The user has an API of that slug, which no call has used since the start: it is still to be compiled.
    case cold
    /// The user has no API of that slug, or its stored definition cannot be used.
    case unknown
}

/// The APIs of all users, and which of them are compiled. Pure: the caller reads and compiles what it is asked to load.
///
/// An API is cold only from the start on, until its first use or the first write of its definition.
struct APITable {
    /// Hears what became of an API that was loaded: nil where the user has none, or one that cannot be used.
    typealias Waiter = @Sendable (Result<CompiledAPI?, StoreError>) -> Void

    /// What to do for somebody who waits for an API.
    enum Wait {
        case answer(CompiledAPI?)
        /// Load it, and report to ``APITable/loaded(_:user:slug:)``.
        case load
        /// Somebody else's load will answer.
        case queued
    }

    /// What a load came to.
    enum Loaded {
        case compiled(CompiledAPI)
        /// The stored definition cannot be used.
        case broken
        /// The store has no such API.
        case missing
        /// The store could not be read; the next use tries again.
        case failed(StoreError)
    }

    private enum Slot {
        case cold(id: String)
        case ready(CompiledAPI)
        case broken(id: String)

        var id: String {
            switch self {
            case .cold(let id), .broken(let id): id
            case .ready(let api): api.id
            }
        }

        var isReady: Bool { if case .ready = self { true } else { false } }
    }

    private struct Key: Hashable {
        let user: String
        let slug: String
    }

    /// By user, then slug.
    private var slots: [String: [String: Slot]] = [:]
    private var waiting: [Key: [Waiter]] = [:]

    /// Replaces everything by APIs that are cold.
    mutating func fill(_ names: [APIName]) {
        slots = [:]
        for name in names { slots[name.user, default: [:]][name.slug] = .cold(id: name.id) }
    }

    func lookUp(user: String, slug: String) -> APILookup {
        switch slots[user]?[slug] {
        case .ready(let api): .ready(api)
        case .cold: .cold
        case .broken, nil: .unknown
        }
    }

    /// The users that have APIs.
    var owners: [String] { Array(slots.keys) }

    /// The slugs of a user's APIs, sorted.
    func slugs(user: String) -> [String] { slots[user]?.keys.sorted() ?? [] }

    /// The ids of a user's APIs.
    func ids(user: String) -> [String] { slots[user]?.values.map(\.id) ?? [] }

    /// The slug of a user's API.
    func slug(ofAPI id: String, user: String) -> String? { slots[user]?.first { $0.value.id == id }?.key }

    /// Whether a user has an API of that id, and none of its definitions has been compiled since the start.
    func isUnused(id: String, user: String) -> Bool {
        slots[user]?.contains { $0.value.id == id && !$0.value.isReady } ?? false
    }

    /// Somebody waits for an API; `waiter` hears of it later unless the result is an answer.
    mutating func wait(user: String, slug: String, _ waiter: @escaping Waiter) -> Wait {
        switch lookUp(user: user, slug: slug) {
        case .ready(let api): return .answer(api)
        case .unknown: return .answer(nil)
        case .cold: break
        }
        let key = Key(user: user, slug: slug)
        guard waiting[key] == nil else {
            waiting[key]?.append(waiter)
            return .queued
        }
        waiting[key] = [waiter]
        return .load
    }

    /// A load has ended. What was written or removed meanwhile stands, and is the answer.
    ///
    /// - Returns: those who wait, and what they are to hear.
    mutating func loaded(
        _ result: Loaded, user: String, slug: String
    ) -> (waiters: [Waiter], answer: Result<CompiledAPI?, StoreError>) {
        let waiters = waiting.removeValue(forKey: Key(user: user, slug: slug)) ?? []
        if case .cold(let id) = slots[user]?[slug] {
            switch result {
            case .compiled(let api) where api.id == id: slots[user]?[slug] = .ready(api)
            case .broken: slots[user]?[slug] = .broken(id: id)
            case .compiled, .missing: break
            case .failed(let error): return (waiters, .failure(error))
            }
        }
        guard case .ready(let api) = slots[user]?[slug] else { return (waiters, .success(nil)) }
        return (waiters, .success(api))
    }

    /// Puts an API in place; one of the same id under an earlier slug goes.
    mutating func set(_ api: CompiledAPI) {
        if slots[api.user]?[api.slug]?.id != api.id { remove(id: api.id, user: api.user) }
        slots[api.user, default: [:]][api.slug] = .ready(api)
    }

    mutating func remove(id: String, user: String) {
        guard let slug = slug(ofAPI: id, user: user) else { return }
        slots[user]?[slug] = nil
    }

    mutating func remove(user: String) { slots[user] = nil }
}
