package import Registry

/// What an operator does with what belongs to users. No credential and no definition is shown.
extension Administration {
    /// A page of the tokens of the whole platform, or of one user, in the order of ids.
    package func tokens(
        ofAny user: String?, _ page: PageBounds
    ) async throws(AdministrationError) -> Page<Token> {
        try await read { [self] in try store.tokens(ofAny: user, page).map(withUse) }
    }

    /// A page of the tunnels of the whole platform, or of one user, in the order of ids.
    package func tunnels(
        ofAny user: String?, _ page: PageBounds
    ) async throws(AdministrationError) -> Page<Tunnel> {
        try await read { [self] in try store.tunnels(ofAny: user, page) }
    }

    /// A page of the APIs of the whole platform, or of one user, in the order of ids.
    package func apis(
        ofAny user: String?, _ page: PageBounds
    ) async throws(AdministrationError) -> Page<StoredAPI> {
        try await read { [self] in try store.apis(ofAny: user, page) }
    }

    package func user(id: String) async throws(AdministrationError) -> User {
        try await read { [self] in try existingUser(id) }
    }

    func existingUser(_ id: String) throws -> User {
        guard let user = try store.user(id: id) else {
            throw AdministrationError.missing(.user)
        }
        return user
    }

    /// Suspends a user, or ends that: while it lasts none of their tokens is good, and their connectors are
    /// disconnected. Everything that is theirs stays. Doing it twice is no error.
    package func setSuspended(
        _ isSuspended: Bool, user id: String, by actor: Actor
    ) async throws(AdministrationError) -> User {
        try await change(isSuspended ? "user.suspend" : "user.resume", of: { $0.id }, by: actor) { [self] in
            var user = try existingUser(id)
            if isSuspended != (user.suspended != nil) {
                user.suspended = isSuspended ? now() : nil
                try store.suspendUser(id: id, since: user.suspended)
            }
            directory.setSuspended(isSuspended, user: id)
            if isSuspended { ended(.user(id)) }
            return user
        }
    }

    /// Suspends an API, or ends that: while it lasts the relay refuses its calls, and its owner may change it but neither
    /// delete nor rename it. Doing it twice is no error.
    ///
    /// - Parameter id: the API's id; a slug is one user's alone.
    package func setSuspended(
        _ isSuspended: Bool, api id: String, by actor: Actor
    ) async throws(AdministrationError) -> StoredAPI {
        try await change(isSuspended ? "api.suspend" : "api.resume", of: { $0.id }, by: actor) { [self] in
            let stored = try store.suspendAPI(id: id, since: isSuspended ? now() : nil)
            // One that does not compile any more is not called anyway.
            if let compiled = try? CompiledAPI(stored: stored) { directory.set(compiled) }
            ended(.apiChanged(id))
            return stored
        }
    }
}
