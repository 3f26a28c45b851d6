import Foundation
import NIOCore
import Testing
import Value

/// One connector and a relay of several event loops, as processes.
@Suite(
    .serialized, .timeLimit(.minutes(5)), .enabled(if: System.coreCount > 1, "a relay of one core has one event loop"))
struct TunnelLoopTests {
    private static let loops = System.coreCount
    /// As many of them get a session.
    private static let sessions = min(loops, 32)

    /// The loops that the connector's log names since a place in it.
    private static func covered(_ scene: TunnelScene, since start: Int = 0) throws -> Set<String> {
        let log = try String(contentsOfFile: scene.connector.log, encoding: .utf8).dropFirst(start)
        return Set(log.matches(of: /loop=([0-9]+)\/([0-9]+)/).filter { Int($0.2) == loops }.map { String($0.1) })
    }

    private static func waitForCoverage(_ scene: TunnelScene, since start: Int = 0) async throws {
        try await eventually("every loop has a session, and no more of them are there", within: .seconds(120)) {
            let sessions = try await scene.sessions().count
            return try covered(scene, since: start).count == Self.sessions && sessions == Self.sessions
        }
    }

    @Test("A connector that keeps one session gives each event loop of the relay one, again after the relay's restart")
    func everyLoop() async throws {
        try await TunnelScene.with(connector: ["connections": 1, "max_connections": 32]) { scene async throws in
            try await Self.waitForCoverage(scene)
            for _ in 0..<2 * Self.loops { #expect(try await scene.call().hasPrefix("HTTP/1.1 200")) }
            let known = try String(contentsOfFile: scene.connector.log, encoding: .utf8).count
            try await scene.relay.kill()
            try await scene.relay.start()
            try await Self.waitForCoverage(scene, since: known)
            for _ in 0..<2 * Self.loops { #expect(try await scene.call().hasPrefix("HTTP/1.1 200")) }
        }
    }

    @Test("A connector whose most is its least keeps that many sessions")
    func asBefore() async throws {
        try await TunnelScene.with(connector: ["connections": 1, "max_connections": 1]) { scene async throws in
            for _ in 0..<2 * Self.loops { #expect(try await scene.call().hasPrefix("HTTP/1.1 200")) }
            #expect(try await scene.sessions().count == 1)
        }
    }
}
