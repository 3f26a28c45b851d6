import Testing
import Value

@testable import Registry

@Suite("APIs that are compiled at their first use")
struct APITableTests {
    private static let name = APIName(id: "api_1", user: "usr_1", slug: "my_company_crm")
    private let failure = StoreError(.io, "The disk failed.")

    private func api(version: Int = 1, slug: String = name.slug, id: String = name.id) throws -> CompiledAPI {
        let context = DefinitionContext(user: "usr_1", api: id, tunnels: ["tun_1"])
        var stored = Definitions.stored(try Definitions.read(Definitions.crm, context), version: version)
        stored.slug = slug
        stored.id = id
        return try CompiledAPI(stored: stored)
    }

    private func cold() -> APITable {
        var table = APITable()
        table.fill([Self.name])
        return table
    }

    private func ready(_ table: APITable, slug: String = name.slug) -> CompiledAPI? {
        guard case .ready(let api) = table.lookUp(user: "usr_1", slug: slug) else { return nil }
        return api
    }

    private func isCold(_ table: APITable) -> Bool {
        if case .cold = table.lookUp(user: "usr_1", slug: Self.name.slug) { true } else { false }
    }

    private func isUnknown(_ table: APITable) -> Bool {
        if case .unknown = table.lookUp(user: "usr_1", slug: Self.name.slug) { true } else { false }
    }

    private func startLoad(_ table: inout APITable, waiters: Int = 1) {
        for waiter in 0..<waiters {
            switch table.wait(user: "usr_1", slug: Self.name.slug, { _ in }) {
            case .load: #expect(waiter == 0)
            case .queued: #expect(waiter > 0)
            case .answer: Issue.record("a cold API was answered at once")
            }
        }
    }

    private func finish(
        _ table: inout APITable, _ result: APITable.Loaded
    ) -> (waiters: Int, answer: Result<CompiledAPI?, StoreError>) {
        let (waiters, answer) = table.loaded(result, user: "usr_1", slug: Self.name.slug)
        return (waiters.count, answer)
    }

    @Test("an API is cold from the start on, is listed, and is ready once it was loaded for all who wait")
    func loaded() throws {
        var table = cold()
        #expect(isCold(table) && table.isUnused(id: "api_1", user: "usr_1"))
        #expect(table.slugs(user: "usr_1") == [Self.name.slug] && table.ids(user: "usr_1") == ["api_1"])
        #expect(table.slug(ofAPI: "api_1", user: "usr_1") == Self.name.slug && table.owners == ["usr_1"])
        startLoad(&table, waiters: 3)
        let api = try api()
        let (waiters, answer) = finish(&table, .compiled(api))
        let answered = try answer.get()
        #expect(waiters == 3 && answered === api && ready(table) === api)
        #expect(!table.isUnused(id: "api_1", user: "usr_1"))
        guard case .answer(let known) = table.wait(user: "usr_1", slug: Self.name.slug, { _ in }) else {
            Issue.record("a ready API was to be loaded")
            return
        }
        #expect(known === api)
    }

    @Test("an API that does not compile is unknown until it is written, and is not compiled again")
    func broken() throws {
        var table = cold()
        startLoad(&table)
        let answered = try finish(&table, .broken).answer.get()
        #expect(answered == nil)
        #expect(isUnknown(table) && table.slugs(user: "usr_1") == [Self.name.slug])
        guard case .answer(nil) = table.wait(user: "usr_1", slug: Self.name.slug, { _ in }) else {
            Issue.record("a broken definition was to be compiled again")
            return
        }
        #expect(table.isUnused(id: "api_1", user: "usr_1"))
        let api = try api(version: 2)
        table.set(api)
        #expect(ready(table) === api)
    }

    @Test("while the store cannot be read an API stays cold, and the next use loads it again")
    func failed() throws {
        var table = cold()
        startLoad(&table, waiters: 2)
        let (waiters, answer) = finish(&table, .failed(failure))
        #expect(waiters == 2 && isCold(table))
        #expect(throws: failure) { try answer.get() }
        startLoad(&table)
    }

    @Test("what is written during a load stands, and is what those who wait hear")
    func written() throws {
        for result in [.compiled(try api()), .broken, .missing, .failed(failure)] as [APITable.Loaded] {
            var table = cold()
            startLoad(&table)
            let new = try api(version: 2)
            table.set(new)
            let answered = try finish(&table, result).answer.get()
            #expect(answered === new)
            #expect(ready(table) === new)
        }
    }

    @Test("what is removed during a load stays removed")
    func removed() throws {
        for remove in [{ $0.remove(id: "api_1", user: "usr_1") }, { $0.remove(user: "usr_1") }]
            as [(inout APITable) -> Void]
        {
            var table = cold()
            startLoad(&table)
            remove(&table)
            #expect(isUnknown(table) && table.slugs(user: "usr_1").isEmpty)
            let (waiters, answer) = finish(&table, .compiled(try api()))
            let answered = try answer.get()
            #expect(waiters == 1 && answered == nil)
            #expect(isUnknown(table))
        }
    }

    @Test("a cold API that is given another slug, or whose slug another one takes, leaves nothing behind")
    func renamed() throws {
        var table = cold()
        startLoad(&table)
        let renamed = try api(version: 2, slug: "renamed")
        table.set(renamed)
        #expect(table.slugs(user: "usr_1") == ["renamed"])
        let other = try api(id: "api_2")
        table.set(other)
        let answered = try finish(&table, .compiled(try api())).answer.get()
        #expect(answered === other)
        #expect(ready(table) === other && ready(table, slug: "renamed") === renamed)
    }

    @Test("a load that finds another API under the slug answers nothing, and one that finds none neither")
    func replaced() throws {
        for result in [.compiled(try api(id: "api_2")), .missing] as [APITable.Loaded] {
            var table = cold()
            startLoad(&table)
            let answered = try finish(&table, result).answer.get()
            #expect(answered == nil)
            #expect(isCold(table))
        }
    }
}
