import NIOCore
import Testing

/// Readers and origins that do not move must leave those that do alone.
@Suite(.serialized, .timeLimit(.minutes(5)))
struct TunnelStallTests {
    private static let block = ByteBuffer(repeating: UInt8(ascii: "x"), count: 64 << 10)

    /// An origin that answers `/flood` without end, `/echo` with what it gets, and everything else with `ok`.
    private static func serve(_ wire: TunnelWire, _ head: String) async throws {
        if head.contains(" /flood") {
            try await wire.write("HTTP/1.1 200 OK\r\ncontent-length: \(8 << 30)\r\n\r\n")
            while true { try await wire.write(block) }
        } else if head.contains(" /stall") {
            try await wire.channel.closeFuture.get()
        } else if head.contains(" /echo") {
            try await wire.write("HTTP/1.1 200 OK\r\ncontent-length: \(echoed)\r\n\r\n")
            var left = echoed
            while left > 0, let bytes = await wire.read() {
                left -= bytes.readableBytes
                try await wire.write(bytes)
            }
        } else {
            try await wire.answer()
        }
    }

    static let echoed = 64 << 20

    private func whileServing(_ body: @Sendable @escaping (TunnelScene) async throws -> Void) async throws {
        try await TunnelScene.with { scene in
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await scene.origin.serve(Self.serve) }
                do {
                    try await body(scene)
                } catch {
                    group.cancelAll()
                    try await scene.connector.kill()
                    throw error
                }
                // Ends the scripts that wait for their connection's end.
                try await scene.connector.kill()
                group.cancelAll()
            }
        }
    }

    @Test("T3: a hundred agents that stop reading leave other calls moving")
    func stalledReaders() async throws {
        try await whileServing { scene in
            let before = try #require(scene.relay.process).pss
            var stalled: [TunnelWire] = []
            for _ in 0..<100 {
                let agent = try await scene.agent(receiveBuffer: 16 << 10)
                try await agent.write(scene.head("GET", "/flood"))
                stalled.append(agent)
            }
            // Each has begun, and is not read any further.
            for agent in stalled { #expect(try await agent.head().hasPrefix("HTTP/1.1 200")) }
            let agent = try await scene.agent()
            for _ in 0..<50 {
                try await agent.write(scene.head("GET", "/small"))
                #expect(try await agent.head().hasPrefix("HTTP/1.1 200"))
                #expect(try await agent.bytes(2) == "ok")
            }
            // What the stalled hold is bounded by the sessions' windows, not by their number.
            let pss = try #require(scene.relay.process).pss
            print("T3: relay Pss \(before >> 20) MiB before, \(pss >> 20) MiB with a hundred stalled readers")
            #expect(pss < before + 2 * (32 << 20) + (192 << 20))
            for agent in stalled { await agent.abort() }
        }
    }

    @Test("T3: a hundred origins that do not read or answer leave other calls moving")
    func stalledOrigins() async throws {
        try await whileServing { scene in
            var stalled: [TunnelWire] = []
            for _ in 0..<100 {
                let agent = try await scene.agent()
                try await agent.write(scene.head("POST", "/stall", ["Content-Length: \(1 << 30)"]))
                try await agent.write(Self.block)
                stalled.append(agent)
            }
            let agent = try await scene.agent()
            for _ in 0..<50 {
                try await agent.write(scene.head("GET", "/small"))
                #expect(try await agent.head().hasPrefix("HTTP/1.1 200"))
                #expect(try await agent.bytes(2) == "ok")
            }
            for agent in stalled { await agent.abort() }
        }
    }

    @Test("T4: both directions full at once, on several calls, never deadlock")
    func saturated() async throws {
        try await whileServing { scene in
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        let agent = try await scene.agent()
                        try await agent.write(
                            scene.head("POST", "/echo", ["Content-Length: \(Self.echoed)", "Connection: close"]))
                        return try await withThrowingTaskGroup(of: Void.self) { pump in
                            pump.addTask {
                                for _ in 0..<(Self.echoed / Self.block.readableBytes) {
                                    try await agent.write(Self.block)
                                }
                            }
                            #expect(try await agent.head().hasPrefix("HTTP/1.1 200"))
                            var received = 0
                            while received < Self.echoed, let bytes = await agent.read() {
                                received += bytes.readableBytes
                            }
                            try await pump.waitForAll()
                            await agent.close()
                            return received
                        }
                    }
                }
                for try await received in group { #expect(received == Self.echoed) }
            }
        }
    }
}
