import Drift
import Failure
import Foundation
import NIOHTTP1
import Registry
import StoreSQLite
import Testing
import Value

@testable import Pipeline

@Suite("Calls hand over answers that do not follow their schema")
struct DriftRecordingTests {
    private let path = FileManager.default.temporaryDirectory.appending(path: "penstock-pipeline-\(UUID()).db").path
    private static let key = DriftIntake.Key(api: "api_crm", endpoint: "one")

    private static func definition(_ validation: String) -> JSON {
        [
            "name": "CRM", "slug": "crm", "connection": ["base_url": "https://crm.example.com"],
            "security": ["validation": .string(validation)],
            "endpoints": [
                [
                    "name": "one", "method": "GET", "path": "/one",
                    "response_schema": [
                        "type": "object", "required": ["id"], "properties": ["id": ["type": "string"]],
                    ],
                ]
            ],
        ]
    }

    @Test(
        "with strict and warn a mismatch is handed over, with off nothing is looked at",
        arguments: ["strict", "warn", "off"])
    func validation(_ validation: String) async throws {
        let recorder = DriftRecorder()
        let bench = try Bench(path: path, drift: recorder) { _ in answer(200, #"{"id": 7}"#) }
        try bench.define(Self.definition(validation))
        try await bench.run {
            for _ in 0..<2 {
                do throws(CallFailure) {
                    let called = try await bench.pipeline.callTool("crm", "one", arguments: [:], bench.context())
                    #expect(validation != "strict" && called.mismatches.isEmpty == (validation == "off"))
                } catch {
                    #expect(validation == "strict" && error.code == .schemaMismatch)
                }
            }
        }
        let taken = recorder.take()
        guard validation != "off" else { return #expect(taken.isEmpty) }
        let batch = try #require(taken[Self.key])
        #expect(batch.count == 2 && batch.samples.count == 1 && batch.samples.first?.answer == ["id": 7])
        #expect(batch.samples.first?.mismatches.map { "\($0.schema)" } == ["/properties/id/type"])
    }

    @Test(
        "an answer that follows its schema, an error, a page of text, and the try of a draft are no drift",
        arguments: [
            (200, "application/json", #"{"id": "a"}"#), (500, "application/json", #"{"id": 7}"#),
            (200, "text/html", "<html>"), (200, "application/json", "no json"), (204, "application/json", ""),
        ])
    func others(status: Int, type: String, body: String) async throws {
        let recorder = DriftRecorder()
        let bench = try Bench(path: path, drift: recorder) { _ in answer(status, ["content-type": type], body) }
        try bench.define(Self.definition("warn"))
        try await bench.run {
            _ = try? await bench.pipeline.callTool("crm", "one", arguments: [:], bench.context())
        }
        #expect(recorder.take().isEmpty)
    }

    @Test("a draft that is tried leaves no trace")
    func draft() async throws {
        let recorder = DriftRecorder()
        let bench = try Bench(path: path, drift: recorder) { _ in answer(200, #"{"id": 7}"#) }
        try bench.define(Self.definition("warn"))
        let api = try #require(bench.directory.compiledIfReady(user: "usr_a", slug: "crm"))
        var context = bench.context()
        context.draftSecrets = [:]
        try await bench.run { [context] in
            let called = try await bench.pipeline.callTool(
                ToolRequest(api: .given(api), endpoint: "one", arguments: .value([:])), context)
            #expect(!called.mismatches.isEmpty)
        }
        #expect(recorder.take().isEmpty)
    }

    /// Hands over the answer, and has it entered.
    private func enter(_ answer: JSON, _ bench: Bench, _ book: DriftBook, time: Int64) throws -> [DriftProposal] {
        let recorder = DriftRecorder()
        let api = try #require(bench.directory.compiledIfReady(user: "usr_a", slug: "crm"))
        let endpoint = try #require(api.endpoint(named: "one"))
        let mismatches = endpoint.responseSchema?.mismatches(of: answer) ?? []
        try #require(!mismatches.isEmpty)
        recorder.record(
            DriftReport(api: api, endpoint: endpoint, mismatches: mismatches, answer: answer, bytes: 10, time: time))
        return try book.enter(recorder.take())
    }

    private func proposals(_ bench: Bench) throws -> [DriftProposal] {
        try bench.store.proposals(user: "usr_a", api: "api_crm", state: nil, limit: 10, after: nil)
    }

    @Test(
        "three answers open a proposal in the store, which grows; another book takes it up; a new schema makes it stale"
    )
    func book() throws {
        let bench = try Bench(path: path) { _ in answer(200, "{}") }
        try bench.define(Self.definition("warn"))
        func book() -> DriftBook {
            DriftBook(store: bench.store, directory: bench.directory) { user, slug throws(StoreError) in
                try bench.store.api(user: user, slug: slug)
            }
        }
        let first = book()
        #expect(try enter(["id": 1], bench, first, time: 1).isEmpty)
        #expect(try proposals(bench).isEmpty)
        #expect(try enter(["id": 2], bench, first, time: 2).isEmpty)
        let opened = try enter(["id": nil], bench, first, time: 3)
        #expect(try opened.count == 1 && opened == proposals(bench))
        #expect(
            opened.first?.change.ownPart?.schema["properties"]?["id"]?["type"] == ["string", "integer", "null"])
        let second = book()
        #expect(try enter([:], bench, second, time: 9).isEmpty)
        let grown = try #require(try proposals(bench).first)
        #expect(grown.id == opened.first?.id && grown.mismatches == 4 && grown.lookedAt == 4 && grown.lastSeen == 9)
        #expect(grown.change.ownPart?.schema["required"] == nil)
        #expect(grown.change.ownPart?.schema["properties"]?["id"]?["type"] == ["string", "integer", "null"])
        // Somebody changes the schema by hand, and the relay did not see to the proposal.
        var stored = try #require(try bench.store.api(user: "usr_a", slug: "crm"))
        stored.version += 1
        stored.definition = Self.definition("warn").merging(patch: ["slug": nil])
            .merging(patch: [
                "endpoints": [
                    ["name": "one", "method": "GET", "path": "/one", "response_schema": ["type": "array"]]
                ]
            ])
        try bench.store.save(stored, expecting: .present, with: nil)
        bench.directory.set(try CompiledAPI(stored: stored))
        #expect(try enter([:], bench, second, time: 20).isEmpty)
        #expect(try proposals(bench).map(\.state) == [.stale])
        _ = try enter([:], bench, second, time: 21)
        #expect(try enter([:], bench, second, time: 22).count == 1)
        #expect(try proposals(bench).map(\.state) == [.open, .stale])
        // A day without: what was seen before does not count.
        try bench.store.close(id: try proposals(bench)[0].id, user: "usr_a", as: .accepted, at: 30)
        _ = try enter([:], bench, second, time: 40)
        _ = try enter([:], bench, second, time: 41)
        #expect(try enter([:], bench, second, time: 42 + 2 * 86_400_000_000).isEmpty)
    }

    @Test("answers to a definition that is no more, or is gone, are passed over")
    func gone() throws {
        let bench = try Bench(path: path) { _ in answer(200, "{}") }
        try bench.define(Self.definition("warn"))
        let book = DriftBook(store: bench.store, directory: bench.directory) { _, _ in nil }
        for time: Int64 in 1...5 { #expect(try enter([:], bench, book, time: time).isEmpty) }
        let recorder = DriftRecorder()
        let api = try #require(bench.directory.compiledIfReady(user: "usr_a", slug: "crm"))
        let endpoint = try #require(api.endpoint(named: "one"))
        recorder.record(
            DriftReport(
                api: api, endpoint: endpoint, mismatches: endpoint.responseSchema?.mismatches(of: [:]) ?? [],
                answer: [:], bytes: 2, time: 9))
        bench.directory.removeAPI(id: api.id, user: "usr_a")
        #expect(try book.enter(recorder.take()).isEmpty)
        #expect(try proposals(bench).isEmpty)
    }
}
