import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("A full disk refuses cleanly and recovers", .serialized, .timeLimit(.minutes(2)))
struct FullDiskTests {
    /// Needs root and a system that lets a test mount a tmpfs.
    private static let canMount = getuid() == 0 && Binaries.tool("mount") != nil

    @Test(
        "A: on a full disk calls are OVERLOADED and mutations 503, nothing is half-written; freed, all works again",
        .enabled(if: canMount, "mounting a tmpfs needs root"))
    func fullDisk() async throws {
        let disk = try Scratch("disk")
        try await run("mount", ["-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs", disk.path])
        do {
            try await fill(disk)
        } catch {
            try? await run("umount", ["-l", disk.path])
            throw error
        }
        try await run("umount", ["-l", disk.path])
    }

    private func fill(_ disk: Scratch) async throws {
        let stage = try await Stage.make(authentication: Definitions.apiKey("first"), data: disk / "data")
        var answered: [String] = []
        func call(_ expected: Int) async throws -> Answer {
            let answer = try await stage.call("hello")
            #expect(answer.status == expected, "\(answer)")
            if answer.status == 200 { answered.append(answer.requestID ?? "") }
            return answer
        }
        _ = try await call(200)
        let ballast = disk / "ballast"
        try occupy(ballast)

        // What fits into pages that were reserved before may still be recorded; then nothing is.
        let refused = try await eventually("a call is refused") {
            let answer = try await stage.call("hello")
            if answer.status == 200 {
                answered.append(answer.requestID ?? "")
                return nil as Answer?
            }
            return answer
        }
        expectProblem(refused, "OVERLOADED", 503, stage: "relay")
        let reached = stage.origin.seen.count
        for _ in 0..<5 { expectProblem(try await call(503), "OVERLOADED", 503, stage: "relay") }
        #expect(stage.origin.seen.count == reached, "a call that cannot be recorded is not made")
        let raw = try await stage.relay.proxy(.GET, Stage.slug, "/hello", token: stage.account.agent)
        expectProblem(raw, "OVERLOADED", 503, stage: "relay")
        let user = stage.account.user
        let wide = Definitions.api(
            "second", stage.origin.url, tunnel: stage.tunnel.id, authentication: Definitions.apiKey("k"),
            more: [
                "endpoints": .array(
                    (0..<100).map { index in
                        [
                            "name": .string("e\(index)"), "method": "GET", "path": .string("/e\(index)"),
                            "description": .string(String(repeating: "d", count: 1000)),
                        ]
                    })
            ])
        for answer in [
            try await stage.relay.send(.POST, "/v1/apis", user, wide),
            try await stage.relay.send(
                .PUT, "/v1/apis/crm/credentials", user, ["key": .string(String(repeating: "k", count: 20_000))]),
        ] {
            #expect(answer.status == 503, "\(answer)")
            #expect(answer.code == "OVERLOADED", "\(answer)")
        }
        #expect(try await stage.relay.send(.GET, "/v1/apis/second", user).status == 404)
        #expect(await Readiness.answers(port: stage.relay.adminPort, path: "/livez"))

        try FileManager.default.removeItem(atPath: ballast)
        try await eventually("calls are taken again") { try await stage.call("hello").status == 200 }
        _ = try await call(200)
        #expect(stage.origin.seen.last?.headers["x-api-key"] == ["first"], "the refused key is not half there")
        #expect(try await stage.relay.send(.POST, "/v1/apis", user, wide).status == 201)
        try await eventually("the relay is ready") { await Readiness.answers(port: stage.relay.adminPort) }
        #expect(try await stage.relay.auditVerifies())
        let recorded = Set(try await stage.relay.auditRecords().compactMap { $0["request_id"]?.string })
        #expect(Set(answered).isSubset(of: recorded), "\(Set(answered).subtracting(recorded))")
        try await stage.end()
        #expect(try await stage.relay.auditVerifies())
    }

    /// Writes a file until not one byte more fits.
    private func occupy(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TestFailure("no ballast") }
        defer { close(descriptor) }
        let block = [UInt8](repeating: 0x20, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
    }

    private func run(_ tool: String, _ arguments: [String]) async throws {
        let path = try #require(Binaries.tool(tool))
        let result = try await ChildProcess.run(path, arguments)
        guard result.end == .exit(0) else { throw TestFailure("\(tool): \(result)") }
    }
}
