package import Value

/// What a write expects to find.
package enum Expectation: Sendable, Hashable {
    /// Nothing there yet; else `StoreError.exists`.
    case absent
    /// Exactly this version; else `StoreError.conflict`.
    case version(Int)
    /// Whatever version there is.
    case present
}

/// Where users, tokens, tunnels and definitions are kept.
///
/// All methods block on the disk: call them away from event loops. A write has returned when it is durable, and is
/// applied whole or not at all.
package protocol RegistryStore<Companion>: Sendable {
    /// What is written in the same transaction as a definition: the vault's change.
    associatedtype Companion: Sendable

    /// A page of all users, in the order of ids.
    func users(_ page: PageBounds) throws(StoreError) -> Page<User>
    func user(id: String) throws(StoreError) -> User?
    /// The users that have a name; it is not enforced that one has it.
    func users(named name: String) throws(StoreError) -> [User]
    func create(_ user: User) throws(StoreError)
    /// Notes since when a user is suspended; `nil` ends it. Throws `notFound`.
    func suspendUser(id: String, since time: Int64?) throws(StoreError)
    /// The ids of all users that are suspended, to be kept in memory.
    func suspendedUsers() throws(StoreError) -> [String]
    /// Removes a user with everything that is theirs, keys included. Throws `notFound`.
    func deleteUser(id: String) throws(StoreError)

    func token(id: String) throws(StoreError) -> Token?
    /// A user's tokens, revoked ones included, or the operators' for `nil`.
    func tokens(user: String?) throws(StoreError) -> [Token]
    /// A page of the tokens of the whole platform, or of one user, in the order of ids.
    func tokens(ofAny user: String?, _ page: PageBounds) throws(StoreError) -> Page<Token>
    /// All tokens that are not revoked, to be kept in memory.
    func activeTokens() throws(StoreError) -> [Token]
    func create(_ token: Token) throws(StoreError)
    /// Revokes a token of a user (`nil`: whoever has it). Throws `notFound`; revoking twice is no error.
    func revokeToken(id: String, user: String?, at time: Int64) throws(StoreError)
    /// Notes when tokens were last used, by id; unknown ids are passed over.
    func touchTokens(_ lastUsed: [String: Int64]) throws(StoreError)

    /// A tunnel of a user, or of whoever has it for `nil`.
    func tunnel(id: String, user: String?) throws(StoreError) -> Tunnel?
    /// A page of the tunnels of the whole platform, or of one user, in the order of ids.
    func tunnels(ofAny user: String?, _ page: PageBounds) throws(StoreError) -> Page<Tunnel>
    func tunnels(user: String) throws(StoreError) -> [Tunnel]
    func create(_ tunnel: Tunnel) throws(StoreError)
    /// Removes a tunnel of a user (`nil`: whoever has it) and revokes its tokens, whose ids it returns. Throws `notFound`.
    @discardableResult
    func deleteTunnel(id: String, user: String?, at time: Int64) throws(StoreError) -> [String]
    /// Notes when tunnels were last seen, by id; unknown ids are passed over.
    func touchTunnels(_ lastSeen: [String: Int64]) throws(StoreError)

    func api(user: String, slug: String) throws(StoreError) -> StoredAPI?
    func apis(user: String) throws(StoreError) -> [StoredAPI]
    /// A page of the definitions of the whole platform, or of one user, in the order of ids.
    func apis(ofAny user: String?, _ page: PageBounds) throws(StoreError) -> Page<StoredAPI>
    /// Notes since when an API is suspended, by its id; `nil` ends it. Throws `notFound`.
    ///
    /// - Returns: the API as it is stored now.
    func suspendAPI(id: String, since time: Int64?) throws(StoreError) -> StoredAPI
    /// The names of all APIs of all users, to be kept in memory. Reads no definition.
    func apiNames() throws(StoreError) -> [APIName]
    /// All definitions of all users.
    func allAPIs() throws(StoreError) -> [StoredAPI]
    /// Writes a definition and its companion in one transaction.
    ///
    /// The row is found by `api.id`. Throws `exists` when the slug is another API's of that user.
    ///
    /// - Parameter imported: the definition as it was imported, for the next import to be compared with; nil keeps
    ///   what is there.
    func save(_ api: StoredAPI, expecting: Expectation, with companion: Companion?, imported: JSON?) throws(StoreError)
    /// The definition as it was last imported; nil for one that never was, and where there is no such API.
    func importedDefinition(api id: String, user: String) throws(StoreError) -> JSON?
    /// Removes a definition and applies its companion in one transaction.
    func deleteAPI(
        id: String, user: String, expecting: Expectation, with companion: Companion?
    ) throws(StoreError)
}

extension RegistryStore {
    /// Writes a definition that was not imported.
    package func save(_ api: StoredAPI, expecting: Expectation, with companion: Companion?) throws(StoreError) {
        try save(api, expecting: expecting, with: companion, imported: nil)
    }
}
