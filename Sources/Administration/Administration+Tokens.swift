package import Registry
package import Vault

/// A token that was just made, with the text that is shown this once.
package struct NewToken: Sendable {
    package let token: Token
    package let text: TokenText
}

extension Administration {
    /// The token this text belongs to, if it is good now: neither revoked nor expired, and its user not suspended.
    /// Touches no disk.
    package func authenticate(_ text: String) -> Token? {
        guard let token = unexpired(text), !isSuspended(token) else { return nil }
        directory.touch(token: token.id, at: now())
        return token
    }

    /// Whether a text that ``authenticate(_:)`` does not take is a token of a user who is suspended.
    package func belongsToSuspendedUser(_ text: String) -> Bool {
        unexpired(text).map(isSuspended) ?? false
    }

    private func unexpired(_ text: String) -> Token? {
        guard let text = TokenText(text), let token = directory.token(id: text.id),
            text.matches(storedHash: token.hash), token.expires == nil || !token.isExpired(at: now())
        else { return nil }
        return token
    }

    private func isSuspended(_ token: Token) -> Bool {
        token.user.map { directory.isSuspended(user: $0) } ?? false
    }

    /// Ends the tokens whose time is over, with the sessions of tunnels that they opened. To be called now and then.
    package func endExpiredTokens() {
        for id in directory.removeExpiredTokens(at: now()) { ended(.token(id)) }
    }

    /// Notes in the store when tokens were used, of those that were used since; blocks on the disk.
    package func saveTokenUse(since time: Int64) throws {
        try store.touchTokens(directory.tokensUsed(since: time))
    }

    /// A token with the latest use that is known.
    func withUse(_ token: Token) -> Token {
        var token = token
        token.lastUsed = [token.lastUsed, directory.lastUsed(token: token.id)].compactMap(\.self).max()
        return token
    }

    /// The longest a token may be good for, in seconds: ten years.
    package static let longestLife = 10 * 365 * 86_400

    /// Makes a token for people or agents.
    ///
    /// - Parameters:
    ///   - user: whose it is to be; for a user's own request, the user.
    ///   - apis: slugs an agent's token is limited to.
    ///   - limits: of the calls made with it.
    ///   - life: for how many seconds it is good; nil: until it is revoked.
    package func createToken(
        kind: TokenKind, user: String?, label: String, apis: [String]?, limits: CallLimits = CallLimits(),
        life: Int? = nil, by actor: Actor
    ) async throws(AdministrationError) -> NewToken {
        let owner = try owner(of: kind, user: user, by: actor)
        if apis != nil, kind != .agent {
            throw AdministrationError(.invalid, "Only an agent's token can be limited to APIs.")
        }
        if !limits.isEmpty, kind != .agent, kind != .user {
            throw AdministrationError(.invalid, "Only a token that makes calls can have limits of calls.")
        }
        return try await change("token.create", of: { $0.token.id }, by: actor) { [self] in
            if let owner, try store.user(id: owner) == nil {
                throw AdministrationError.missing(.user)
            }
            if let owner, let apis { try check(apis, of: owner) }
            return try makeToken(
                kind: kind, user: owner, tunnel: nil, label: label, apis: apis, limits: limits, life: life)
        }
    }

    /// Whether a user has APIs of these slugs.
    private func check(_ slugs: [String], of user: String) throws {
        let known = Set(try store.apis(user: user).map(\.slug))
        let violations = slugs.enumerated().filter { !known.contains($0.element) }.map { index, slug in
            let near = nearest(to: slug, among: known.sorted()).map { " Did you mean \"\($0)\"?" } ?? ""
            return AdministrationError.Violation(
                pointer: "/apis/\(index)", message: "There is no API of this slug.\(near)")
        }
        guard violations.isEmpty else {
            throw AdministrationError(
                .invalid, "A token can be limited only to APIs that exist.", violations: violations)
        }
    }

    private func owner(of kind: TokenKind, user: String?, by actor: Actor) throws(AdministrationError) -> String? {
        switch (actor.token.kind, kind) {
        case (_, .tunnel):
            throw AdministrationError(.invalid, "A tunnel's token is made at /v1/tunnels/{id}/tokens.")
        case (.operator, .operator):
            guard user == nil else { throw AdministrationError(.invalid, "An operator's token belongs to no user.") }
            return nil
        case (.operator, .user):
            guard let user else { throw AdministrationError(.invalid, "Say whose token it is in user_id.") }
            return user
        case (.user, .user), (.user, .agent):
            guard user == nil || user == actor.token.user else {
                throw AdministrationError.missing(.user)
            }
            return actor.token.user
        default:
            throw AdministrationError(.forbidden, "This token may not make tokens of that kind.")
        }
    }

    /// Writes a new token and makes it known; inside a change.
    func makeToken(
        kind: TokenKind, user: String?, tunnel: String?, label: String, apis: [String]?,
        limits: CallLimits = CallLimits(), life: Int? = nil
    ) throws -> NewToken {
        let text = TokenText.generate()
        let time = now()
        let token = Token(
            id: text.id, kind: kind, user: user, tunnel: tunnel, hash: text.hash, lastFour: text.lastFour,
            label: label, apis: apis, limits: limits, created: time,
            expires: life.map { time + Int64($0) * 1_000_000 })
        try store.create(token)
        directory.set(token)
        return NewToken(token: token, text: text)
    }

    /// The caller's tokens: a user's own, or the operators'.
    package func tokens(for actor: Actor) async throws(AdministrationError) -> [Token] {
        try await read { [self] in try store.tokens(user: actor.token.user).map(withUse) }
    }

    /// Revokes a token at once: one of the user's own, or anybody's for an operator.
    package func revokeToken(id: String, by actor: Actor) async throws(AdministrationError) {
        _ = try await change("token.revoke", of: { $0 }, by: actor) { [self] in
            try store.revokeToken(id: id, user: actor.token.user, at: now())
            directory.removeTokens([id])
            ended(.token(id))
            return id
        }
    }
}
