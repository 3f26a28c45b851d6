import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Pipeline
import Synchronization
import TestSupport
import Testing

@testable import RelayHTTP

@Suite("Compressed answers", .timeLimit(.minutes(1)))
struct CompressionTests {
    /// A pool whose pieces run when the test says so.
    private final class HeldThreads: Sendable {
        private let held = Mutex<[@Sendable () -> Void]>([])
        let begun = Atomic<Int>(0)
        /// Answers that have been written.
        let ended = Atomic<Int>(0)

        func start(_ piece: @escaping @Sendable () -> Void) {
            begun.add(1, ordering: .relaxed)
            held.withLock { $0.append(piece) }
        }

        func release() {
            for piece in held.withLock({ pieces in
                defer { pieces = [] }
                return pieces
            }) { piece() }
        }
    }

    private static func answer(_ bytes: ByteBuffer, of user: String, on pool: WorkPool) async throws -> ByteBuffer {
        let request = Request.get("/", [.acceptEncoding: "gzip"])
        var headers: HTTPFields = [.contentType: "application/json"]
        let body = Compression.apply(
            to: &headers, ResponseBody(byteBuffer: bytes), for: request, on: pool, user: user)
        #expect(headers[.contentEncoding] == "gzip")
        return try await body.sent()
    }

    private static func text(_ count: Int) -> ByteBuffer {
        ByteBuffer(bytes: (0..<count).map { UInt8(truncatingIfNeeded: 32 + $0 % 89 + $0 / 997 % 5) })
    }

    @Test("A long answer is compressed on the work pool, a short one where it is")
    func place() async throws {
        let threads = HeldThreads()
        let pool = WorkPool(threads: 2, start: threads.start)
        // Nothing runs the pool's pieces: this one needs none.
        _ = try await Self.answer(Self.text(Compression.long - 1), of: "a", on: pool)
        #expect(threads.begun.load(ordering: .relaxed) == 0)
        let whole = Self.text(600_000)
        let isDone = Atomic(false)
        async let compressed = {
            defer { isDone.store(true, ordering: .releasing) }
            return try await Self.answer(whole, of: "a", on: pool)
        }()
        while !isDone.load(ordering: .acquiring) {
            threads.release()
            await Task.yield()
        }
        let bytes = try await compressed
        // Three pieces of at most 256 KiB, and the end.
        #expect(threads.begun.load(ordering: .relaxed) >= 4)
        let file = FileManager.default.temporaryDirectory.appending(path: "penstock-\(UUID().uuidString).gz")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(bytes.readableBytesView).write(to: file)
        let unpacked = try await Program.run("gzip", ["-dc", file.path])
        #expect(unpacked.end == .exit(0) && unpacked.output == String(buffer: whole))
    }

    @Test("One user's answers take their share of the pool's threads, and another's have one left")
    func share() async throws {
        let threads = HeldThreads()
        let pool = WorkPool(threads: 2, start: threads.start)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (user, begun) in [("a", 1), ("a", 1), ("a", 1), ("b", 2)] {
                group.addTask {
                    _ = try await Self.answer(Self.text(20_000), of: user, on: pool)
                    threads.ended.add(1, ordering: .releasing)
                }
                // Of a's three answers one has a thread; b's takes the other.
                while threads.begun.load(ordering: .relaxed) < begun { await Task.yield() }
            }
            #expect(threads.ended.load(ordering: .acquiring) == 0)
            while threads.ended.load(ordering: .acquiring) < 4 {
                threads.release()
                await Task.yield()
            }
            try await group.waitForAll()
        }
    }
}
