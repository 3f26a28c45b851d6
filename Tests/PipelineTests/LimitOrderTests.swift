import Failure
import Foundation
import EgressPolicy
import NIOCore
import NIOHTTP1
import Registry
import Synchronization
import Testing
import Value

@testable import Pipeline

private func scratch() -> String {
    FileManager.default.temporaryDirectory.appending(path: "penstock-limits-\(UUID()).db").path
}

/// Holds back answers until it is opened.
private final class Barrier: Sendable {
    private let state = Mutex<(isOpen: Bool, waiting: [CheckedContinuation<Void, Never>])>((false, []))

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiting.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.resume() }
    }
}

@Suite("Limits, in one order for tool and raw calls", .timeLimit(.minutes(10)))
struct LimitOrderTests {
    private enum Way: CaseIterable {
        case tool, raw
    }

    private static func limited(_ security: JSON, slug: String = "crm") -> JSON {
        var definition = crm().object ?? [:]
        definition["security"] = security
        definition["slug"] = .string(slug)
        return .object(definition)
    }

    private func call(_ bench: Bench, _ way: Way, _ context: CallContext, slug: String = "crm") async throws {
        switch way {
        case .tool:
            _ = try await bench.pipeline.callTool(slug, "get_customer", arguments: ["customer_id": "1"], context)
        case .raw:
            let request = RawRequest(slug: slug, method: "GET", target: "/customers/1", headers: [:], body: .none)
            try await bench.pipeline.proxy(request, context) { _ in }
        }
    }

    private func code(_ body: () async throws -> Void) async -> ErrorCode? {
        do {
            try await body()
            return nil
        } catch {
            return (error as? CallFailure)?.code
        }
    }

    @Test("what is refused for one limit is charged to none: refused calls use up no rate", arguments: Way.allCases)
    private func noCharge(way: Way) async throws {
        let barrier = Barrier()
        let bench = try Bench(path: scratch()) { _ in
            await barrier.pass()
            return answer(200, "{}")
        }
        try bench.define(Self.limited(["max_in_flight": 1, "rate_limit": ["requests_per_minute": 3]]))
        try await bench.run {
            let first = Task { try await call(bench, way, bench.context()) }
            while bench.seen.all.isEmpty { await Task.yield() }
            for other in Way.allCases {
                for _ in 0..<5 { #expect(await code { try await call(bench, other, bench.context()) } == .rateLimited) }
            }
            barrier.open()
            try await first.value
            // Two of the three are left.
            for _ in 0..<2 { try await call(bench, way, bench.context()) }
            #expect(await code { try await call(bench, way, bench.context()) } == .rateLimited)
        }
    }

    @Test("an API's refusal costs its token nothing", arguments: Way.allCases)
    private func tokenIsSpared(way: Way) async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "{}") }
        try bench.define(Self.limited(["rate_limit": ["requests_per_minute": 1]]))
        try bench.define(Self.limited([:], slug: "other"), id: "api_other")
        var context = bench.context()
        context.token.limits.perMinute = 3
        try await bench.run {
            try await call(bench, way, context)
            for _ in 0..<5 { #expect(await code { try await call(bench, way, context) } == .rateLimited) }
            for _ in 0..<2 { try await call(bench, way, context, slug: "other") }
            #expect(await code { try await call(bench, way, context, slug: "other") } == .rateLimited)
        }
    }

    @Test("an open circuit says so, and uses up no rate")
    func openCircuit() async throws {
        let isUp = Mutex(false)
        let bench = try Bench(path: scratch()) { _ in
            guard isUp.withLock({ $0 }) else { throw CallFailure(.connectionRefused, stage: .tcp, detail: "Down.") }
            return answer(200, "{}")
        }
        try bench.define(Self.limited(["rate_limit": ["requests_per_minute": 6]]))
        try await bench.run {
            for _ in 0..<5 {
                #expect(await code { try await call(bench, .tool, bench.context()) } == .connectionRefused)
            }
            for way in Way.allCases {
                for _ in 0..<4 {
                    let failure = await #expect(throws: CallFailure.self) {
                        try await call(bench, way, bench.context())
                    }
                    #expect(failure?.code == .overloaded && failure?.stage == .policy)
                    #expect(failure?.title == "The API's circuit is open")
                    #expect(failure?.retryAfter ?? 0 > 0)
                }
            }
            // One of six is left once it is closed.
            isUp.withLock { $0 = true }
            bench.pipeline.changed(api: "api_crm")
            try await call(bench, .raw, bench.context())
            #expect(await code { try await call(bench, .raw, bench.context()) } == .rateLimited)
        }
    }

    @Test("no user and no tunnel can take all of calls_in_flight, on neither route", arguments: Way.allCases)
    private func shares(way: Way) async throws {
        let barrier = Barrier()
        var limits = Pipeline.Limits()
        limits.callsInFlight = 20
        #expect(limits.callsPerUser == 10 && limits.callsPerTunnel == 7)
        let bench = try Bench(path: scratch(), limits: limits) { request in
            if request.origin.authority.hasPrefix("crm") { await barrier.pass() }
            return answer(200, "{}")
        }
        try bench.define(Self.limited([:]))
        var direct = Self.limited([:], slug: "direct").object ?? [:]
        direct["tunnel"] = ["enabled": false]
        direct["connection"] = ["base_url": "https://crm.example"]
        try bench.define(.object(direct), id: "api_direct")
        var theirs = direct
        theirs["connection"] = ["base_url": "https://other.example"]
        try bench.define(.object(theirs), user: "usr_b", id: "api_theirs")
        try await bench.run {
            var silent: [Task<Void, any Error>] = []
            func fill(_ slug: String, _ count: Int) async {
                let before = bench.seen.all.count
                for _ in 0..<count { silent.append(Task { try await call(bench, way, bench.context(), slug: slug) }) }
                while bench.seen.all.count < before + count { await Task.yield() }
            }
            await fill("crm", 7)
            #expect(await code { try await call(bench, way, bench.context()) } == .overloaded)
            await fill("direct", 3)
            for slug in ["crm", "direct"] {
                #expect(await code { try await call(bench, way, bench.context(), slug: slug) } == .overloaded)
            }
            #expect(bench.pipeline.callsInFlight == 10)
            for _ in 0..<3 { try await call(bench, way, bench.context(user: "usr_b"), slug: "direct") }
            barrier.open()
            for call in silent { try await call.value }
            #expect(bench.pipeline.callsInFlight == 0)
            try await call(bench, way, bench.context())
        }
    }
}
