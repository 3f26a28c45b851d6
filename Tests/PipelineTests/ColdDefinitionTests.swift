import Failure
import Foundation
import NIOHTTP1
import Registry
import StoreSQLite
import Synchronization
import Testing
import Value
import Vault

@testable import Pipeline

@Suite("Definitions that no call has used since the start", .timeLimit(.minutes(10)))
struct ColdDefinitionTests {
    /// Jobs that wait until the test runs them.
    private final class Held: Sendable {
        private let jobs = Mutex<[@Sendable () -> Void]>([])
        let count = Atomic<Int>(0)

        func add(_ user: String, _ job: @escaping @Sendable () -> Void) {
            jobs.withLock { $0.append(job) }
            count.add(1, ordering: .sequentiallyConsistent)
        }

        func runAll() {
            let jobs = jobs.withLock { jobs in
                defer { jobs = [] }
                return jobs
            }
            for job in jobs { job() }
        }
    }

    private let held = Held()

    /// A bench whose directory has just been loaded, with one API in its store.
    private func bench(isHeld: Bool = false) throws -> Bench {
        let path = FileManager.default.temporaryDirectory.appending(path: "penstock-cold-\(UUID()).db").path
        let directory = isHeld ? Directory(run: held.add) : Directory()
        let bench = try Bench(path: path, directory: directory) { _ in answer(200, #"{"id":"cust_1"}"#) }
        try bench.define(crm())
        return bench
    }

    private func call(_ bench: Bench, _ slug: String = "crm") async throws -> ToolAnswer {
        try await bench.pipeline.callTool(slug, "get_customer", arguments: ["customer_id": "1"], bench.context())
    }

    private func expectAnswer(_ bench: Bench) async throws {
        let answer = try await call(bench)
        #expect(answer.status == 200)
    }

    private func isCold(_ bench: Bench, _ slug: String = "crm") -> Bool {
        if case .cold = bench.directory.lookUp(user: "usr_a", slug: slug) { true } else { false }
    }

    @Test("the first call finds its API, credential and schemas, and the next one the same API")
    func firstCall() async throws {
        let bench = try bench()
        let prepared = Mutex<[String]>([])
        try bench.directory.load(from: bench.store) { api in prepared.withLock { $0.append(api.id) } }
        #expect(isCold(bench) && bench.directory.compiledIfReady(user: "usr_a", slug: "crm") == nil)
        #expect(bench.directory.slugs(user: "usr_a") == ["crm"] && bench.directory.apiIDs(user: "usr_a") == ["api_crm"])
        try await bench.run {
            try await expectAnswer(bench)
            #expect(bench.seen.all.first?.headers["X-API-Key"] == ["canary-7f3a"])
            let api = bench.directory.compiledIfReady(user: "usr_a", slug: "crm")
            #expect(api != nil)
            try await expectAnswer(bench)
            #expect(bench.directory.compiledIfReady(user: "usr_a", slug: "crm") === api)
            let failure = await #expect(throws: CallFailure.self) {
                try await bench.pipeline.callTool("crm", "get_customer", arguments: [:], bench.context())
            }
            #expect(failure?.code == .invalidRequest)
        }
        #expect(prepared.withLock { $0 } == ["api_crm"])
    }

    @Test("of first calls at the same time one compiles, and all get the same API")
    func together() async throws {
        let bench = try bench(isHeld: true)
        try bench.directory.load(from: bench.store)
        let found = Mutex<[CompiledAPI?]>([])
        for _ in 0..<8 {
            bench.directory.compile(user: "usr_a", slug: "crm") { result in
                found.withLock { $0.append(try? result.get()) }
            }
        }
        var begun = held.count.load(ordering: .sequentiallyConsistent)
        #expect(found.withLock { $0.isEmpty } && begun == 1)
        try await bench.run {
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await call(bench).status } }
                held.runAll()
                for try await status in group { #expect(status == 200) }
            }
        }
        begun = held.count.load(ordering: .sequentiallyConsistent)
        #expect(begun == 1)
        let api = bench.directory.compiledIfReady(user: "usr_a", slug: "crm")
        #expect(found.withLock { $0.count == 8 && $0.allSatisfy { $0 === api && $0 != nil } })
    }

    @Test("a stored definition that does not compile harms no other, is reported once, and counts as unknown")
    func broken() async throws {
        let bench = try bench()
        let stored = StoredAPI(
            id: "api_bad", user: "usr_a", slug: "bad", definition: ["name": "Bad", "connection": 5], version: 1,
            created: 0, updated: 0)
        try bench.store.save(stored, expecting: .absent, with: nil)
        let reports = Mutex<[String]>([])
        try bench.directory.load(from: bench.store, report: { api, _ in reports.withLock { $0.append(api) } })
        try await bench.run {
            for _ in 0..<2 {
                let failure = await #expect(throws: CallFailure.self) { try await call(bench, "bad") }
                #expect(failure?.code == .unknownAPI)
            }
            try await expectAnswer(bench)
        }
        #expect(reports.withLock { $0 } == ["api_bad"])
    }

    @Test("an API that is deleted while it is compiled for a first call is unknown to that call")
    func deleted() async throws {
        let bench = try bench()
        let directory = bench.directory
        // Called after the definition was read and compiled.
        try directory.load(from: bench.store) { directory.removeAPI(id: $0.id, user: $0.user) }
        try await bench.run {
            let failure = await #expect(throws: CallFailure.self) { try await call(bench) }
            #expect(failure?.code == .unknownAPI)
        }
        #expect(directory.slugs(user: "usr_a").isEmpty && bench.seen.all.isEmpty)
    }

    @Test("an API that is deleted before its first call is unknown")
    func deletedBefore() async throws {
        let bench = try bench(isHeld: true)
        try bench.directory.load(from: bench.store)
        let found = Mutex<[CompiledAPI?]>([])
        bench.directory.compile(user: "usr_a", slug: "crm") { result in
            found.withLock { $0.append(try? result.get()) }
        }
        try bench.store.deleteAPI(id: "api_crm", user: "usr_a", expecting: .present, with: nil)
        bench.directory.removeAPI(id: "api_crm", user: "usr_a")
        held.runAll()
        #expect(found.withLock { $0.count == 1 && $0[0] == nil })
        #expect(bench.directory.compiledIfReady(user: "usr_a", slug: "crm") == nil)
    }

    @Test("an API that is suspended while it is compiled for a first call is suspended for that call")
    func suspended() async throws {
        let bench = try bench()
        let (directory, store) = (bench.directory, bench.store)
        let isDone = Atomic<Bool>(false)
        try directory.load(from: store) { api in
            guard !isDone.exchange(true, ordering: .sequentiallyConsistent) else { return }
            guard let stored = try? store.suspendAPI(id: api.id, since: 1),
                let compiled = try? CompiledAPI(stored: stored)
            else { return }
            directory.set(compiled)
        }
        try await bench.run {
            let failure = await #expect(throws: CallFailure.self) { try await call(bench) }
            #expect(failure?.code == .forbidden)
        }
    }

    @Test("while a definition cannot be read its calls are told to come back")
    func unreadable() async throws {
        let bench = try bench()
        try bench.directory.load(from: bench.store)
        try bench.store.close()
        let failure = await #expect(throws: CallFailure.self) {
            try await bench.directory.located(user: "usr_a", slug: "crm")
        }
        #expect(failure?.code == .overloaded && failure?.retryAfter == 5)
        #expect(isCold(bench))
    }

    @Test("jobs of a pool without threads run at once, and others on its threads")
    func submitted() async throws {
        let isRun = Atomic<Bool>(false)
        WorkPool.none.submit(for: "a") { isRun.store(true, ordering: .sequentiallyConsistent) }
        let hasRun = isRun.load(ordering: .sequentiallyConsistent)
        #expect(hasRun)
        let jobs = Mutex<[@Sendable () -> Void]>([])
        let order = Mutex<[String]>([])
        let pool = WorkPool(threads: 2) { job in jobs.withLock { $0.append(job) } }
        for name in ["a1", "a2", "b1"] {
            pool.submit(for: String(name.prefix(1))) { order.withLock { $0.append(name) } }
        }
        // One user takes one of the two places.
        let first = jobs.withLock { $0 }
        #expect(first.count == 2 && order.withLock { $0.isEmpty })
        for job in first { job() }
        #expect(order.withLock { Set($0) == ["a1", "a2", "b1"] })
    }
}
