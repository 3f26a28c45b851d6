import Registry
import Testing

@Suite("Directory")
struct DirectoryTests {
    private func token(_ id: String, user: String = "usr_1", revoked: Int64? = nil) -> Token {
        Token(
            id: id, kind: .agent, user: user, hash: [UInt8](repeating: 0, count: 32), lastFour: "abcd", created: 0,
            revoked: revoked)
    }

    @Test("C7: a revoked token is gone at once")
    func revoked() {
        let directory = Directory()
        directory.set(token("t1"))
        #expect(directory.token(id: "t1") != nil)
        directory.set(token("t1", revoked: 5))
        #expect(directory.token(id: "t1") == nil)
    }

    @Test("an API is found under its current slug only, and under its owner only")
    func slugs() throws {
        let directory = Directory()
        var stored = Definitions.stored(try Definitions.read(Definitions.crm))
        directory.set(try CompiledAPI(stored: stored))
        stored.slug = "renamed"
        directory.set(try CompiledAPI(stored: stored))
        #expect(directory.slugs(user: "usr_1") == ["renamed"])
        #expect(directory.compiledIfReady(user: "usr_2", slug: "renamed") == nil)
        directory.removeAPI(id: "api_1", user: "usr_1")
        #expect(directory.compiledIfReady(user: "usr_1", slug: "renamed") == nil)
    }

    @Test("a removed user takes APIs and tokens along")
    func removedUser() throws {
        let directory = Directory()
        directory.set(token("t1"))
        directory.set(token("t2", user: "usr_2"))
        directory.set(try CompiledAPI(stored: Definitions.stored(Definitions.read(Definitions.crm))))
        directory.removeUser("usr_1")
        #expect(directory.token(id: "t1") == nil && directory.token(id: "t2") != nil)
        #expect(directory.slugs(user: "usr_1").isEmpty)
    }

    @Test("an agent's token may be limited to some APIs")
    func limited() {
        var token = token("t1")
        #expect(token.allows(slug: "crm"))
        token.apis = ["erp"]
        #expect(token.allows(slug: "erp") && !token.allows(slug: "crm"))
    }
}
