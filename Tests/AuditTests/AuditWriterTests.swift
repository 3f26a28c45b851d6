import Audit
import Testing

@Suite("Audit writer", .timeLimit(.minutes(10)))
struct AuditWriterTests {
    private let store = GatedAuditStore()

    /// Runs a writer beside `body`, then stops it.
    private func running(
        _ writer: AuditWriter, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            let loop = Task { try await writer.run() }
            group.addTask {
                try await body()
                loop.cancel()
            }
            try await group.waitForAll()
            loop.cancel()
            try await loop.value
        }
    }

    @Test("A: append returns when the record is stored, and the chain goes on over restarts of the writer")
    func appends() async throws {
        for round in 0..<2 {
            let writer = AuditWriter(store: store)
            try await running(writer) { [store] in
                for number in 1...3 {
                    try await writer.append(record(number))
                    #expect(await store.entries.count == round * 3 + number)
                }
            }
        }
        var verifier = AuditVerifier()
        for entry in await store.entries { verifier.check(text: entry.text) }
        #expect(verifier.findings.isEmpty && verifier.chain.sequence == 6)
    }

    @Test("A: what arrives while a commit is being synced goes into the next one together")
    func groupCommit() async throws {
        let writer = AuditWriter(store: store)
        try await running(writer) { [store] in
            await store.hold()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await writer.append(record(0)) }
                await store.untilHeld()
                for number in 1...300 { group.addTask { try await writer.append(record(number)) } }
                while writer.queueDepth < 300 { await Task.yield() }
                #expect(await store.entries.isEmpty)
                await store.release()
                try await group.waitForAll()
            }
        }
        #expect(await store.transactions == [1, 300])
        #expect(writer.counts.records == 301 && writer.counts.commits == 2)
    }

    @Test("a full queue refuses at once, and admits nothing")
    func overloaded() async throws {
        let writer = AuditWriter(store: store, limits: .init(queue: 2, batch: 10))
        try await running(writer) { [store] in
            await store.hold()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await writer.append(record(0)) }
                await store.untilHeld()
                for number in 1...2 { group.addTask { try await writer.append(record(number)) } }
                while writer.queueDepth < 2 { await Task.yield() }
                let refused = await #expect(throws: AuditError.self) { try await writer.append(record(9)) }
                #expect(refused?.code == .overloaded)
                let notAdmitted = await #expect(throws: AuditError.self) { try await writer.admit() }
                #expect(notAdmitted?.code == .overloaded)
                await store.release()
                try await group.waitForAll()
            }
        }
        #expect(await store.entries.count == 3)
    }

    @Test("a transaction carries no more than its limit")
    func batchLimit() async throws {
        let writer = AuditWriter(store: store, limits: .init(queue: 100, batch: 4))
        try await running(writer) { [store] in
            await store.hold()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await writer.append(record(0)) }
                await store.untilHeld()
                for number in 1...10 { group.addTask { try await writer.append(record(number)) } }
                while writer.queueDepth < 10 { await Task.yield() }
                await store.release()
                try await group.waitForAll()
            }
        }
        #expect(await store.transactions == [1, 4, 4, 2])
    }

    @Test("A: a failed commit fails its callers, refuses calls before they are sent, and one that works heals it")
    func failure() async throws {
        let writer = AuditWriter(store: store)
        try await running(writer) { [store] in
            try await writer.append(record(1))
            await store.breakDisk()
            let failed = await #expect(throws: AuditError.self) { try await writer.append(record(2)) }
            #expect(failed?.code == .notDurable)
            #expect(!writer.isHealthy)
            let refused = await #expect(throws: AuditError.self) { try await writer.admit() }
            #expect(refused?.code == .notDurable)
            await store.repairDisk()
            try await writer.admit()
            #expect(writer.isHealthy)
            try await writer.append(record(3))
        }
        #expect(await store.probes == 2)
        var verifier = AuditVerifier()
        for entry in await store.entries { verifier.check(text: entry.text) }
        #expect(verifier.findings.isEmpty && verifier.chain.sequence == 2)
    }

    @Test("A: a record that still fits into a full disk is durable, and lets no call through")
    func nearlyFull() async throws {
        let writer = AuditWriter(store: store)
        try await running(writer) { [store] in
            await store.breakDisk()
            _ = try? await writer.append(record(1))
            await store.fillDisk()
            try await writer.append(record(2))
            #expect(!writer.isHealthy)
            let refused = await #expect(throws: AuditError.self) { try await writer.admit() }
            #expect(refused?.code == .notDurable)
            await store.repairDisk()
            try await writer.append(record(3))
            #expect(writer.isHealthy)
        }
        #expect(await store.entries.map(\.record.requestID) == ["01J2", "01J3"])
    }

    @Test("callers refused at the same time share one probe")
    func sharedProbe() async throws {
        let writer = AuditWriter(store: store)
        try await running(writer) { [store] in
            await store.breakDisk()
            _ = try? await writer.append(record(1))
            await store.hold()
            await withTaskGroup(of: Void.self) { group in
                group.addTask { try? await writer.admit() }
                await store.untilHeld()
                for _ in 0..<50 { group.addTask { try? await writer.admit() } }
                await store.repairDisk()
                await store.release()
            }
        }
        #expect(await store.probes <= 2)
        #expect(writer.isHealthy)
    }

    @Test("relaxed mode returns at once, and keeps records over a failed commit")
    func relaxed() async throws {
        let writer = AuditWriter(store: store, durability: .relaxed)
        try await running(writer) { [store] in
            await store.breakDisk()
            try await writer.append(record(1))
            while writer.isHealthy { await Task.yield() }
            try await writer.admit()
            await store.repairDisk()
            try await writer.append(record(2))
            while await store.entries.count < 2 { await Task.yield() }
        }
        #expect(await store.entries.map(\.record.requestID) == ["01J1", "01J2"])
    }

    @Test("relaxed mode tries again what it keeps, without another record coming")
    func relaxedRetry() async throws {
        let (ticks, tick) = AsyncStream.makeStream(of: Void.self)
        let writer = AuditWriter(store: store, durability: .relaxed) { _ in
            var iterator = ticks.makeAsyncIterator()
            guard await iterator.next() != nil else { throw CancellationError() }
        }
        try await running(writer) { [store] in
            await store.breakDisk()
            try await writer.append(record(1))
            while writer.counts.failures < 1 { await Task.yield() }
            tick.yield()
            while writer.counts.failures < 2 { await Task.yield() }
            await store.repairDisk()
            tick.yield()
            while await store.entries.isEmpty { await Task.yield() }
            #expect(writer.isHealthy)
        }
    }

    @Test("at shutdown, what is queued is written and what comes later is refused")
    func shutdown() async throws {
        let writer = AuditWriter(store: store)
        let loop = Task { try await writer.run() }
        await store.hold()
        async let first: Void = writer.append(record(1))
        await store.untilHeld()
        async let second: Void = writer.append(record(2))
        while writer.queueDepth < 1 { await Task.yield() }
        loop.cancel()
        await store.release()
        try await first
        try await second
        try await loop.value
        #expect(await store.entries.count == 2)
        let refused = await #expect(throws: AuditError.self) { try await writer.append(record(3)) }
        #expect(refused?.code == .closed)
    }
}
