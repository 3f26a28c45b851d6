import NIOCore
import Synchronization
import Testing

/// Bodies far larger than the memory that is allowed for them.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct TunnelBulkTests {
    static let size = 1 << 30
    /// What one stream may hold in one process: the connection's window, the stream's, the queues at its two ends.
    static let allowance = (32 << 20) + (4 << 20) + (28 << 20)
    private static let block = ByteBuffer(repeating: UInt8(ascii: "x"), count: 256 << 10)

    /// The largest Pss of relay and connector over the time of `body`, and what it was before.
    private func sampled(
        _ scene: TunnelScene, _ title: String, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let processes = [
            ("relay", try #require(scene.relay.process)), ("connector", try #require(scene.connector.process)),
        ]
        let before = processes.map { $0.1.pss }
        let peaks = try await withThrowingTaskGroup(of: [Int]?.self) { group in
            group.addTask {
                try await body()
                return nil
            }
            group.addTask {
                var peaks = processes.map { $0.1.pss }
                while !Task.isCancelled {
                    for (index, process) in processes.enumerated() { peaks[index] = max(peaks[index], process.1.pss) }
                    try? await Task.sleep(for: .milliseconds(100))
                }
                return peaks
            }
            _ = try await group.next()
            group.cancelAll()
            return try await group.next()?.map { $0 } ?? []
        }
        for (index, process) in processes.enumerated() {
            print("T5 \(title): \(process.0) Pss \(before[index] >> 20) MiB before, \(peaks[index] >> 20) MiB at most")
            #expect(before[index] > 0 && peaks[index] < before[index] + Self.allowance, "\(title): \(process.0)")
        }
    }

    /// A call before, so that what every process makes once is in the baseline.
    private func warmUp(_ scene: TunnelScene) async throws {
        for _ in 0..<3 { #expect(try await scene.call().hasPrefix("HTTP/1.1 200")) }
    }

    @Test("T5: a download of 1 GiB in flat memory, with a reader that stops for a while")
    func download() async throws {
        try await TunnelScene.with { scene in
            try await warmUp(scene)
            try await sampled(scene, "download") {
                let agent = try await scene.agent()
                try await agent.write(scene.head("GET", "/large"))
                let origin = try await scene.origin.accept()
                _ = try await origin.head()
                let sent = Counter()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        try await origin.write("HTTP/1.1 200 OK\r\ncontent-length: \(Self.size)\r\n\r\n")
                        while sent.value < Self.size {
                            try await origin.write(Self.block)
                            sent.add(Self.block.readableBytes)
                        }
                    }
                    #expect(try await agent.head().lowercased().contains("content-length: \(Self.size)"))
                    var received = 0
                    var hasStopped = false
                    while received < Self.size, let bytes = await agent.read() {
                        received += bytes.readableBytes
                        if received > Self.size / 4, !hasStopped {
                            hasStopped = true
                            // Nobody reads until the origin cannot write: all that lies between is full.
                            try await Self.untilStill(sent)
                        }
                    }
                    #expect(received == Self.size)
                    try await group.waitForAll()
                    #expect(sent.value == Self.size)
                }
                await origin.close()
                await agent.close()
            }
        }
    }

    @Test("T5: an upload of 1 GiB in flat memory, with an origin that stops for a while")
    func upload() async throws {
        try await TunnelScene.with { scene in
            try await warmUp(scene)
            try await sampled(scene, "upload") {
                let agent = try await scene.agent()
                try await agent.write(scene.head("POST", "/large", ["Content-Length: \(Self.size)"]))
                let sent = Counter()
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        while sent.value < Self.size {
                            try await agent.write(Self.block)
                            sent.add(Self.block.readableBytes)
                        }
                    }
                    let origin = try await scene.origin.accept()
                    #expect(try await origin.head().lowercased().contains("content-length: \(Self.size)"))
                    var received = 0
                    var hasStopped = false
                    while received < Self.size, let bytes = await origin.read() {
                        received += bytes.readableBytes
                        if received > Self.size / 4, !hasStopped {
                            hasStopped = true
                            try await Self.untilStill(sent)
                        }
                    }
                    #expect(received == Self.size)
                    try await group.waitForAll()
                    try await origin.answer()
                    await origin.close()
                }
                #expect(try await agent.head().hasPrefix("HTTP/1.1 200"))
                await agent.close()
            }
        }
    }

    private final class Counter: Sendable {
        private let count = Atomic<Int>(0)
        var value: Int { count.load(ordering: .relaxed) }
        func add(_ more: Int) { count.wrappingAdd(more, ordering: .relaxed) }
    }

    /// Until a counter has stood still for a second, so that every buffer had the time to fill.
    private static func untilStill(_ counter: Counter) async throws {
        var last = -1
        var calm = 0
        while calm < 10 {
            let now = counter.value
            calm = now == last ? calm + 1 : 0
            last = now
            try await Task.sleep(for: .milliseconds(100))
        }
    }
}
