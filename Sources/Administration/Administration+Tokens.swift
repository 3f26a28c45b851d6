package import Registry
package import Vault

/// A token that was just made, with the text that is shown this once.
package struct NewToken: Sendable {
    package let token: Token
    package let text: TokenText
}

extension Administration {
    /// The token this text belongs to, if it is good now. Touches no disk.
    package func authenticate(_ text: String) -> Token? {
        guard let text = TokenText(text), let token = directory.token(id: text.id),
            text.matches(storedHash: token.hash)
        else { return nil }
        return token
    }

    /// Makes a token for people or agents.
    ///
    /// - Parameters:
    ///   - user: whose it is to be; for a user's own request, the user.
    ///   - apis: slugs an agent's token is limited to.
    ///   - limits: of the calls made with it.
    package func createToken(
        kind: TokenKind, user: String?, label: String, apis: [String]?, limits: CallLimits = CallLimits(),
        by actor: Actor
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
                throw AdministrationError(.notFound, "There is no such user.")
            }
            return try makeToken(kind: kind, user: owner, tunnel: nil, label: label, apis: apis, limits: limits)
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
                throw AdministrationError(.notFound, "There is no such user.")
            }
            return actor.token.user
        default:
            throw AdministrationError(.forbidden, "This token may not make tokens of that kind.")
        }
    }

    /// Writes a new token and makes it known; inside a change.
    func makeToken(
        kind: TokenKind, user: String?, tunnel: String?, label: String, apis: [String]?,
        limits: CallLimits = CallLimits()
    ) throws -> NewToken {
        let text = TokenText.generate()
        let token = Token(
            id: text.id, kind: kind, user: user, tunnel: tunnel, hash: text.hash, lastFour: text.lastFour,
            label: label, apis: apis, limits: limits, created: now())
        try store.create(token)
        directory.set(token)
        return NewToken(token: token, text: text)
    }

    /// The caller's tokens: a user's own, or the operators'.
    package func tokens(for actor: Actor) async throws(AdministrationError) -> [Token] {
        try await read { [self] in try store.tokens(user: actor.token.user) }
    }

    /// Revokes a token at once.
    package func revokeToken(id: String, by actor: Actor) async throws(AdministrationError) {
        _ = try await change("token.revoke", of: { $0 }, by: actor) { [self] in
            try store.revokeToken(id: id, user: actor.token.user, at: now())
            directory.removeTokens([id])
            ended(.token(id))
            return id
        }
    }
}
