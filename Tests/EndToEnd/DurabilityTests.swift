import Foundation
import NIOHTTP1
import Synchronization
import Testing
import Value

@Suite("What was acknowledged survives SIGKILL", .serialized, .timeLimit(.minutes(4)))
struct DurabilityTests {
    /// What the relay has said yes to.
    private final class Ledger: Sendable {
        let state = Mutex(Acknowledged())
        func withLock<Result: Sendable>(_ body: @Sendable (inout Acknowledged) -> Result) -> Result {
            state.withLock { body(&$0) }
        }
    }

    private struct Acknowledged: Sendable {
        var definitions: Set<String> = []
        /// The latest key of an API whose change was answered.
        var keys: [String: String] = [:]
        /// The key of a change whose answer never came: either may count.
        var pending: [String: String] = [:]
        var requests: Set<String> = []
    }

    @Test("The relay killed at any moment loses no acknowledged definition, credential or audit record")
    func relayKilled() async throws {
        let stage = try await Stage.make(authentication: Definitions.apiKey("key-0"))
        let acknowledged = Ledger()
        acknowledged.withLock { $0.keys["crm"] = "key-0" }
        for round in 0..<5 {
            let before = acknowledged.withLock { $0.requests.count }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await define(stage, round, acknowledged) }
                group.addTask { await rekey(stage, round, acknowledged) }
                for _ in 0..<3 { group.addTask { await call(stage, acknowledged) } }
                // Killed once some calls of this round are answered: how many, and what is under way then, is chance.
                let calls = before + Int.random(in: 5...40)
                try await eventually("\(calls) answered calls") { acknowledged.withLock { $0.requests.count } >= calls }
                try await stage.relay.kill()
                try await group.waitForAll()
            }
            // Nobody has tidied up: the files are as the kill left them.
            #expect(try await stage.relay.auditVerifies())
            let recorded = Set(try await stage.relay.auditRecords().compactMap { $0["request_id"]?.string })
            let missing = acknowledged.withLock { $0.requests }.subtracting(recorded)
            #expect(missing.isEmpty, "\(missing)")
            try await stage.relay.start()
            try await stage.connector.ready()
            try await survives(stage, acknowledged)
        }
        try await stage.end()
        #expect(acknowledged.withLock { $0.definitions.count } > 5)
    }

    private func define(_ stage: Stage, _ round: Int, _ acknowledged: Ledger) async {
        for index in 0... {
            let slug = "api_\(round)_\(index)"
            let definition = Definitions.api(
                slug, stage.origin.url, tunnel: stage.tunnel.id, authentication: Definitions.apiKey("key-of-\(slug)"))
            guard
                let answer = try? await stage.relay.send(.POST, "/v1/apis", stage.account.user, definition),
                answer.status == 201
            else { return }
            acknowledged.withLock {
                $0.definitions.insert(slug)
                $0.keys[slug] = "key-of-\(slug)"
            }
        }
    }

    private func rekey(_ stage: Stage, _ round: Int, _ acknowledged: Ledger) async {
        for index in 0... {
            let key = "key-\(round)-\(index)"
            acknowledged.withLock { $0.pending["crm"] = key }
            guard
                let answer = try? await stage.relay.send(
                    .PUT, "/v1/apis/crm/credentials", stage.account.user, ["key": .string(key)]),
                (200..<300).contains(answer.status)
            else { return }
            acknowledged.withLock {
                $0.keys["crm"] = key
                $0.pending["crm"] = nil
            }
        }
    }

    private func call(_ stage: Stage, _ acknowledged: Ledger) async {
        while let answer = try? await stage.call("hello") {
            guard let id = answer.requestID else { continue }
            acknowledged.withLock { _ = $0.requests.insert(id) }
        }
    }

    /// Each acknowledged definition is there, with its credential as the origin sees it.
    private func survives(_ stage: Stage, _ acknowledged: Ledger) async throws {
        let known = acknowledged.withLock { $0 }
        let listed = try await stage.relay.send(.GET, "/v1/apis", stage.account.user)
        let slugs = Set((listed.json["items"]?.array ?? []).compactMap { $0["slug"]?.string })
        #expect(known.definitions.isSubset(of: slugs), "\(known.definitions.subtracting(slugs))")
        for slug in known.definitions.shuffled().prefix(5) + ["crm"] {
            let answer = try await stage.call("echo", ["body": ["slug": .string(slug)]], slug: slug)
            #expect(answer.status == 200, "\(answer)")
            let key = stage.origin.seen.last?.headers.first(name: "x-api-key")
            let allowed = [known.keys[slug], known.pending[slug]].compactMap { $0 }
            #expect(key.map { allowed.contains($0) } == true, "\(slug): \(key ?? "none"), not \(allowed)")
        }
        // What was half-way is settled now.
        if let key = stage.origin.seen.last?.headers.first(name: "x-api-key") {
            acknowledged.withLock {
                $0.keys["crm"] = key
                $0.pending["crm"] = nil
            }
        }
    }

    @Test(
        "The connector killed in the middle of calls: each is answered, and those that wait are served when it is back")
    func connectorKilled() async throws {
        let stage = try await Stage.make()
        for _ in 0..<3 {
            async let raw = stage.relay.proxy(.POST, Stage.slug, "/gated", token: stage.account.agent)
            let gate = try await stage.origin.nextGate()
            try await stage.connector.kill()
            let answer = try await raw
            expectProblem(answer, "CONNECTION_REFUSED", 502, stage: "tunnel")
            #expect(answer.json["sent"] == true)
            try await eventually("the origin's work ends") { gate.isGone }
            // A call for a tunnel that was there just now waits for it.
            async let waiting = stage.call("hello")
            try await eventually("the call waits") {
                try await stage.relay.send(.GET, "/v1/tunnels/\(stage.tunnel.id)", stage.account.user)
                    .json["waiting_calls"] == 1
            }
            try await stage.connector.start()
            #expect(try await waiting.status == 200)
        }
        #expect(stage.origin.seen.count { $0.method == "POST" } == 3, "no POST is sent twice")
        try await stage.end()
        #expect(try await stage.relay.auditVerifies())
    }
}
