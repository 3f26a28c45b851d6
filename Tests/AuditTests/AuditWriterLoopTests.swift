import Audit
import NIOCore
import NIOPosix
import Synchronization
import Testing

@Suite("Audit writer on event loops", .timeLimit(.minutes(1)))
struct AuditWriterLoopTests {
    private let store = GatedAuditStore()

    /// What happened on a loop, in order.
    private final class Log: Sendable {
        private let state = Mutex<[String]>([])
        var all: [String] { state.withLock { $0 } }
        func add(_ event: String) { state.withLock { $0.append(event) } }
    }

    private struct Unexpected: Error {
        let what: String
    }

    private final class Flag: Sendable {
        let isSet = Mutex(false)
    }

    private func running(_ writer: AuditWriter, _ body: (any EventLoopGroup) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let loop = Task { try await writer.run() }
        try await body(group)
        loop.cancel()
        try await loop.value
        try await group.shutdownGracefully()
    }

    @Test("A: what one commit finishes for a loop is told on that loop, in one go, once it is durable")
    func oneWake() async throws {
        let writer = AuditWriter(store: store)
        let logs = [Log(), Log()]
        try await running(writer) { group in
            let loops = Array(group.makeIterator())
            await store.hold()
            writer.append(record(0), on: loops[0]) { _ in }
            await store.untilHeld()
            for number in 1...200 {
                let (loop, log) = (loops[number % 2], logs[number % 2])
                writer.append(record(number), on: loop) { result in
                    log.add(loop.inEventLoop && (try? result.get()) != nil ? "done" : "wrong")
                    if number <= 2 { loop.execute { log.add("next") } }
                }
            }
            #expect(logs.allSatisfy { $0.all.isEmpty })
            await store.release()
            while logs.contains(where: { $0.all.count < 101 }) { await Task.yield() }
            // What is executed from the first one's closure comes behind all of them.
            for log in logs { #expect(log.all == [String](repeating: "done", count: 100) + ["next"]) }
        }
        #expect(await store.transactions == [1, 200])
        #expect(await store.settled == 2)
    }

    @Test("A: a call is admitted at once, refused with a full queue, and has to wait for a probe after a failure")
    func admission() async throws {
        let writer = AuditWriter(store: store, limits: .init(queue: 1, batch: 1))
        let log = Log()
        try await running(writer) { group in
            let loop = group.next()
            guard case .now = writer.admission() else { throw Unexpected(what: "not admitted") }
            await store.hold()
            writer.append(record(0), on: loop) { _ in log.add("first") }
            await store.untilHeld()
            writer.append(record(1), on: loop) { _ in log.add("second") }
            guard case .refused(let error) = writer.admission() else { throw Unexpected(what: "admitted") }
            #expect(error.code == .overloaded)
            writer.append(record(2), on: loop) { result in
                if case .failure(let error) = result { log.add("\(error.code)") }
            }
            while log.all.isEmpty { await Task.yield() }
            #expect(log.all == ["overloaded"])
            await store.breakDisk()
            await store.release()
            while log.all.count < 3 { await Task.yield() }
            guard case .later = writer.admission() else { throw Unexpected(what: "no probe") }
            await store.repairDisk()
            try await writer.admit()
            guard case .now = writer.admission() else { throw Unexpected(what: "not admitted again") }
        }
        guard case .refused(let error) = writer.admission() else { throw Unexpected(what: "admitted after the end") }
        #expect(error.code == .closed)
    }

    @Test("relaxed: a call on its loop goes on before append returns, and the record is written within the second")
    func relaxed() async throws {
        let writer = AuditWriter(store: store, durability: .relaxed)
        try await running(writer) { group in
            let loop = group.next()
            let isDone = try await loop.submit {
                let flag = Flag()
                writer.append(record(1), on: loop) { _ in flag.isSet.withLock { $0 = true } }
                return flag.isSet.withLock { $0 }
            }.get()
            #expect(isDone)
            while await store.entries.isEmpty { await Task.yield() }
        }
    }
}
