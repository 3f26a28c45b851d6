import Failure
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import Value

@testable import Pipeline

@Suite("Long work", .timeLimit(.minutes(10)))
struct WorkPoolTests {
    @Test("One user's jobs take their share of the places, and turns go round")
    func fairness() {
        var queue = FairQueue<Int>(places: 2, share: 1)
        #expect(queue.add(1, of: "a")?.job == 1)
        for job in 2...5 { #expect(queue.add(job, of: "a") == nil) }
        // The second place is for others.
        #expect(queue.add(10, of: "b")?.job == 10)
        #expect(queue.add(11, of: "b") == nil)
        #expect(queue.add(20, of: "c") == nil)
        // a has its share, and b has waited longer than c.
        var next = queue.ended("b")
        #expect(next?.user == "b" && next?.job == 11)
        next = queue.ended("a")
        #expect(next?.user == "a" && next?.job == 2)
        next = queue.ended("b")
        #expect(next?.user == "c" && next?.job == 20)
        // The second place stays free for others, whatever a has waiting.
        #expect(queue.ended("c") == nil)
        #expect(queue.add(30, of: "d")?.job == 30)
        #expect(queue.ended("a")?.job == 3)
    }

    /// Threads that are told apart from the tests' own.
    private final class Threads: Sendable {
        let begun = Atomic<Int>(0)
        private let own = Mutex<Set<UInt>>([])

        func start(_ piece: @escaping @Sendable () -> Void) {
            begun.add(1, ordering: .relaxed)
            Thread { [self] in
                own.withLock { _ = $0.insert(UInt(pthread_self())) }
                piece()
            }.start()
        }

        /// Whether the caller runs on one of them.
        var areCurrent: Bool { own.withLock { $0.contains(UInt(pthread_self())) } }
    }

    @Test("A piece runs where it is when it is small, and on the pool when it is large")
    func threshold() async throws {
        let threads = Threads()
        let pool = WorkPool(threads: 2, start: threads.start)
        func place(_ bytes: Int) async throws -> Bool {
            try await pool.run(for: "a", bytes: bytes) { threads.areCurrent }
        }
        var isPool = try await place(WorkPool.threshold - 1)
        #expect(!isPool)
        #expect(threads.begun.load(ordering: .relaxed) == 0)
        isPool = try await place(WorkPool.threshold)
        #expect(isPool)
        #expect(pool.count == 0)
    }

    @Test("More pieces than a user may have waiting are refused, and other users' are not")
    func bounds() async throws {
        let held = Mutex<[@Sendable () -> Void]>([])
        let pool = WorkPool(threads: 2, most: 3, mostOfOne: 2) { piece in held.withLock { $0.append(piece) } }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for user in ["a", "a", "b"] {
                let count = pool.count
                group.addTask { try await pool.run(for: user, bytes: .max) {} }
                while pool.count == count { await Task.yield() }
            }
            for user in ["a", "c"] {
                let failure = await #expect(throws: CallFailure.self) { try await pool.run(for: user, bytes: .max) {} }
                #expect(failure?.code == .overloaded && failure?.isRetryable == true)
            }
            while pool.count > 0 {
                for piece in held.withLock({ pieces in
                    defer { pieces = [] }
                    return pieces
                }) { piece() }
                await Task.yield()
            }
            try await group.waitForAll()
        }
    }

    @Test("A large call's arguments and answer are worked on in the pool, and a small call's are not")
    func calls() async throws {
        let threads = Threads()
        let path = FileManager.default.temporaryDirectory.appending(path: "penstock-work-\(UUID()).db").path
        let large = "[\"" + String(repeating: "x", count: WorkPool.threshold) + "\"]"
        let bench = try Bench(path: path, work: WorkPool(threads: 2, start: threads.start)) { request in
            answer(200, request.target.hasSuffix("large") ? large : "{}")
        }
        try bench.define(crm())
        try await bench.run {
            func call(_ endpoint: String, _ arguments: String) async throws -> Int {
                let before = threads.begun.load(ordering: .relaxed)
                _ = try await bench.pipeline.callTool(
                    "crm", endpoint, arguments: .text(ByteBuffer(string: arguments)), bench.context())
                return threads.begun.load(ordering: .relaxed) - before
            }
            var turns = try await call("get_customer", #"{"customer_id":"small"}"#)
            #expect(turns == 0)
            turns = try await call("create", #"{"body":\#(large)}"#)
            #expect(turns > 0)
            // Once for the body's cleaning and once for its judging.
            turns = try await call("get_customer", #"{"customer_id":"large"}"#)
            #expect(turns > 1)
        }
    }
}
