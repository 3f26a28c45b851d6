package import Registry
import Vault

extension Administration {
    package func createUser(name: String, by actor: Actor) async throws(AdministrationError) -> User {
        try await change("user.create", of: { $0.id }, by: actor) { [self] in
            guard try store.users(named: name).isEmpty else {
                throw AdministrationError(.exists, "There is a user of this name already.")
            }
            let user = User(id: Identifier.make("usr"), name: name, created: now())
            try store.create(user)
            return user
        }
    }

    package func users(_ page: PageBounds) async throws(AdministrationError) -> Page<User> {
        try await read { [self] in try store.users(page) }
    }

    /// Removes a user with everything that is theirs; the key that opens their credentials goes with them.
    package func deleteUser(id: String, by actor: Actor) async throws(AdministrationError) {
        _ = try await change("user.delete", of: { $0 }, by: actor) { [self] in
            let apis = directory.apiIDs(user: id)
            try store.deleteUser(id: id)
            directory.removeUser(id)
            vault.forget(user: id)
            // What was learnt with their credentials is wiped with them.
            for api in apis { ended(.api(api)) }
            ended(.user(id))
            return id
        }
    }
}
