import Registry
import StoreSQLite
import Testing
import Value
import Vault

@Suite("Registry in SQLite")
struct RegistryStoreTests {
    private let temporary: TemporaryStore
    private let store: SQLiteStore

    init() throws {
        temporary = try TemporaryStore()
        store = try temporary.openWithUsers()
    }

    private func code(_ body: () throws -> Void) -> StoreError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }

    private func api(_ id: String, slug: String = "crm", version: Int = 1) -> StoredAPI {
        StoredAPI(
            id: id, user: "u1", slug: slug, definition: ["name": "CRM", "n": 1.50], version: version, created: 5,
            updated: 6)
    }

    private func token(_ text: TokenText, kind: TokenKind = .agent, user: String? = "u1", tunnel: String? = nil)
        -> Token
    {
        Token(
            id: text.id, kind: kind, user: user, tunnel: tunnel, hash: text.hash, lastFour: text.lastFour,
            label: "laptop", apis: ["crm"], created: 1)
    }

    @Test("C7: only the hash of a token is in the file")
    func onlyHashes() throws {
        let text = TokenText.generate()
        try store.create(token(text))
        let bytes = temporary.allBytes()
        #expect(bytes.contains(text: text.id))
        #expect(!bytes.contains(text: text.revealed()))
        #expect(!bytes.contains(text: String(text.revealed().suffix(43))))
        let stored = try #require(try store.token(id: text.id))
        #expect(stored == token(text) && text.matches(storedHash: stored.hash))
    }

    @Test("C7: a revoked token is no longer active, once its revocation has returned")
    func revocation() throws {
        let text = TokenText.generate()
        try store.create(token(text))
        #expect(try store.activeTokens().map(\.id) == [text.id])
        #expect(code { try store.revokeToken(id: text.id, user: "u2", at: 9) } == .notFound)
        try store.revokeToken(id: text.id, user: "u1", at: 9)
        try store.revokeToken(id: text.id, user: "u1", at: 10)
        #expect(try store.activeTokens().isEmpty)
        #expect(try store.tokens(user: "u1").map(\.revoked) == [9])
    }

    @Test("operators' tokens belong to nobody, and are listed apart")
    func operators() throws {
        let text = TokenText.generate()
        try store.create(token(text, kind: .operator, user: nil))
        #expect(try store.tokens(user: nil).map(\.kind) == [.operator])
        #expect(try store.tokens(user: "u1").isEmpty)
        try store.revokeToken(id: text.id, user: nil, at: 2)
        #expect(try store.activeTokens().isEmpty)
    }

    @Test("deleting a tunnel revokes its tokens and returns their ids")
    func tunnels() throws {
        try store.create(Tunnel(id: "tun1", user: "u1", name: "office", created: 3))
        let text = TokenText.generate()
        try store.create(token(text, kind: .tunnel, tunnel: "tun1"))
        try store.touchTunnels(["tun1": 77, "gone": 1])
        #expect(
            try store.tunnels(user: "u1") == [Tunnel(id: "tun1", user: "u1", name: "office", created: 3, lastSeen: 77)])
        #expect(try store.tunnel(id: "tun1", user: "u2") == nil)
        #expect(code { try store.deleteTunnel(id: "tun1", user: "u2", at: 8) } == .notFound)
        #expect(try store.deleteTunnel(id: "tun1", user: "u1", at: 8) == [text.id])
        #expect(try store.activeTokens().isEmpty)
    }

    @Test("users page in the order of their ids")
    func users() throws {
        let first = try store.users(PageBounds(items: 1))
        #expect(first.items.map(\.id) == ["u1"] && first.hasMore)
        let second = try store.users(PageBounds(after: "u1", items: 1))
        #expect(second.items.map(\.id) == ["u2"] && !second.hasMore)
        #expect(code { try store.create(User(id: "u1", name: "again", created: 0)) } == .exists)
        #expect(code { try store.create(token(.generate(), user: "nobody")) } == .notFound)
    }

    @Test("a page of all users' things ends at its items or its bytes, and the pages together are the list")
    func pages() throws {
        for index in 1...5 {
            let definition: JSON = ["name": .string(String(repeating: "x", count: 1000))]
            try store.save(
                StoredAPI(
                    id: "a\(index)", user: index == 3 ? "u2" : "u1", slug: "crm\(index)", definition: definition,
                    version: 1, created: 5, updated: 6), expecting: .absent, with: nil)
        }
        func pages(of user: String?, items: Int, bytes: Int) throws -> [[String]] {
            var pages: [[String]] = []
            var after: String?
            while true {
                let page = try store.apis(ofAny: user, PageBounds(after: after, items: items, bytes: bytes))
                pages.append(page.items.map(\.id))
                guard page.hasMore else { return pages }
                after = page.items.last?.id
            }
        }
        #expect(try pages(of: nil, items: 2, bytes: .max) == [["a1", "a2"], ["a3", "a4"], ["a5"]])
        // The item that reaches the bound still comes: no page is empty.
        #expect(try pages(of: nil, items: 9, bytes: 1500) == [["a1", "a2"], ["a3", "a4"], ["a5"]])
        #expect(try pages(of: nil, items: 9, bytes: 1) == [["a1"], ["a2"], ["a3"], ["a4"], ["a5"]])
        #expect(try pages(of: "u1", items: 4, bytes: .max) == [["a1", "a2", "a4", "a5"]])
        #expect(try pages(of: "u3", items: 4, bytes: .max) == [[]])
    }

    @Test("a definition is written, read exactly, replaced at its version, and deleted")
    func definitions() throws {
        try store.save(api("a1"), expecting: .absent, with: nil)
        #expect(try store.api(user: "u1", slug: "crm") == api("a1"))
        #expect(try store.api(user: "u1", slug: "crm")?.definition.text() == #"{"name":"CRM","n":1.5}"#)
        #expect(try store.api(user: "u2", slug: "crm") == nil)
        try store.save(api("a1", slug: "crm2", version: 2), expecting: .version(1), with: nil)
        #expect(code { try store.save(api("a1", version: 3), expecting: .version(1), with: nil) } == .conflict)
        #expect(code { try store.save(api("a9"), expecting: .present, with: nil) } == .notFound)
        #expect(code { try store.save(api("a2", slug: "crm2"), expecting: .absent, with: nil) } == .exists)
        #expect(try store.apis(user: "u1").map(\.etag) == ["\"a1-2\""])
        #expect(code { try store.deleteAPI(id: "a1", user: "u2", expecting: .present, with: nil) } == .notFound)
        try store.deleteAPI(id: "a1", user: "u1", expecting: .version(2), with: nil)
        #expect(try store.allAPIs().isEmpty)
    }

    @Test("a definition and its credentials are written together or not at all")
    func together() throws {
        let vault = try Vault(masterKey: temporary.masterKey, store: store)
        try vault.change(user: "u1", api: "a1", puts: [("key", Secret(text: "one"))]) {
            try store.save(api("a1"), expecting: .absent, with: $0)
        }
        #expect(
            code {
                try vault.change(user: "u1", api: "a1", puts: [("key", Secret(text: "two"))]) {
                    try store.save(api("a1", version: 2), expecting: .version(9), with: $0)
                }
            } == .conflict)
        #expect(try vault.open("vault://users/u1/apis/a1/key").withBytes { Array($0) } == Array("one".utf8))
        // Another process has written since: a vault reads anew before it writes.
        let stale = try Vault(masterKey: temporary.masterKey, store: store)
        try stale.preload(user: "u1")
        _ = try vault.put(Secret(text: "three"), user: "u1", api: "a1", field: "key")
        try stale.change(user: "u1", api: "a1", puts: [("key", Secret(text: "four"))]) {
            try store.save(api("a1", version: 2), expecting: .version(1), with: $0)
        }
        #expect(try store.api(user: "u1", slug: "crm")?.version == 2)
        let after = try Vault(masterKey: temporary.masterKey, store: store)
        #expect(try after.open("vault://users/u1/apis/a1/key").withBytes { Array($0) } == Array("four".utf8))
        try after.delete(user: "u1", api: "a1") {
            try store.deleteAPI(id: "a1", user: "u1", expecting: .present, with: $0)
        }
        #expect(throws: VaultError.self) { try after.open("vault://users/u1/apis/a1/key") }
    }

    @Test("a deleted user's keys, credentials, tokens, tunnels and definitions are gone from the file")
    func deletedUser() throws {
        let vault = try Vault(masterKey: temporary.masterKey, store: store)
        try vault.change(user: "u1", api: "a1", puts: [("key", Secret(text: "one"))]) {
            try store.save(api("a1"), expecting: .absent, with: $0)
        }
        try store.create(Tunnel(id: "tun1", user: "u1", name: "office", created: 3))
        try store.create(token(.generate()))
        try store.deleteUser(id: "u1")
        vault.forget(user: "u1")
        #expect(try store.loadVaultRows(user: "u1") == nil && store.apis(user: "u1").isEmpty)
        #expect(try store.activeTokens().isEmpty && store.tunnels(user: "u1").isEmpty)
        #expect(throws: VaultError.self) { try vault.open("vault://users/u1/apis/a1/key") }
        #expect(code { try store.deleteUser(id: "u1") } == .notFound)
    }
}
