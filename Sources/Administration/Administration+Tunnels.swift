package import Registry

extension Administration {
    /// Makes a tunnel, and the first token its connector dials in with.
    package func createTunnel(
        name: String, by actor: Actor
    ) async throws(AdministrationError) -> (tunnel: Tunnel, token: NewToken) {
        let user = try user(of: actor)
        return try await change("tunnel.create", of: { $0.0.id }, by: actor) { [self] in
            guard try !store.tunnels(user: user).contains(where: { $0.name == name }) else {
                throw AdministrationError(.exists, "You have a tunnel of this name already.")
            }
            let tunnel = Tunnel(id: Identifier.make("tun"), user: user, name: name, created: now())
            try store.create(tunnel)
            let token = try makeToken(kind: .tunnel, user: user, tunnel: tunnel.id, label: name, apis: nil)
            return (tunnel, token)
        }
    }

    package func tunnels(for actor: Actor) async throws(AdministrationError) -> [Tunnel] {
        let user = try user(of: actor)
        return try await read { [self] in try store.tunnels(user: user) }
    }

    /// One of the user's own tunnels, or anybody's for an operator.
    package func tunnel(id: String, for actor: Actor) async throws(AdministrationError) -> Tunnel {
        let user = actor.token.kind == .operator ? nil : try user(of: actor)
        return try await read { [self] in
            guard let tunnel = try store.tunnel(id: id, user: user) else {
                throw AdministrationError.missing(.tunnel)
            }
            return tunnel
        }
    }

    /// One more token for a tunnel's connectors.
    ///
    /// - Parameter life: for how many seconds it is good; nil: until it is revoked.
    package func createTunnelToken(
        tunnel id: String, label: String, life: Int? = nil, by actor: Actor
    ) async throws(AdministrationError) -> NewToken {
        let user = try user(of: actor)
        return try await change("token.create", of: { $0.token.id }, by: actor) { [self] in
            guard try store.tunnel(id: id, user: user) != nil else {
                throw AdministrationError.missing(.tunnel)
            }
            return try makeToken(kind: .tunnel, user: user, tunnel: id, label: label, apis: nil, life: life)
        }
    }

    /// Removes a tunnel, revokes its tokens and ends its sessions: one of the user's own, or anybody's for an operator.
    package func deleteTunnel(id: String, by actor: Actor) async throws(AdministrationError) {
        let user = actor.token.kind == .operator ? nil : try user(of: actor)
        _ = try await change("tunnel.delete", of: { $0 }, by: actor) { [self] in
            directory.removeTokens(try store.deleteTunnel(id: id, user: user, at: now()))
            ended(.tunnel(id))
            return id
        }
    }

    func user(of actor: Actor) throws(AdministrationError) -> String {
        guard let user = actor.token.user, actor.token.kind == .user else {
            throw AdministrationError(.forbidden, "This is done with a user's token.")
        }
        return user
    }
}
