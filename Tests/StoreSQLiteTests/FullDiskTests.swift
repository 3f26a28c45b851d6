import Audit
import Glibc
import Registry
import StoreSQLite
import Testing
import Vault

@Suite("Full disk", .timeLimit(.minutes(10)))
struct FullDiskTests {
    @Test(
        "a full disk refuses cleanly, loses nothing acknowledged, and recovers (needs root for a small tmpfs)",
        .enabled(if: geteuid() == 0, "mounting a tmpfs needs root"))
    func fullDisk() async throws {
        let folder = "/tmp/penstock-full-\(UInt64.random(in: .min ... .max))"
        mkdir(folder, 0o700)
        guard mount("none", folder, "tmpfs", 0, "size=2m") == 0 else {
            rmdir(folder)
            try Test.cancel("no tmpfs can be mounted here")
        }
        defer {
            umount2(folder, Int32(MNT_DETACH))
            rmdir(folder)
        }
        let store = try SQLiteStore(path: folder + "/penstock.db")
        try store.create(User(id: "u1", name: "Ada", created: 0))
        let vault = try Vault(masterKey: .generate(), store: store)
        let reference = try vault.put(Secret(text: "first"), user: "u1", api: "a1", field: "key")
        mkdir(folder + "/audit", 0o700)
        let ledger = try AuditLedger.open(folder + "/audit/1", figures: store).ledger
        let writer = AuditWriter(store: ledger)
        let loop = Task { try await writer.run() }
        try await writer.append(AuditStoreTests.record(1))

        let ballast = folder + "/ballast"
        fill(ballast)
        var appended: Int64 = 1
        var failure: AuditError?
        // Bounded, so that a store that never fails fails the test instead of hanging it.
        while failure == nil, appended < 50_000 {
            do throws(AuditError) {
                try await writer.append(AuditStoreTests.record(2))
                appended += 1
            } catch {
                failure = error
            }
        }
        #expect(failure?.code == .notDurable && failure?.message.contains("disk is full") == true)
        #expect(!writer.isHealthy)
        await #expect(throws: AuditError.self) { try await writer.admit() }
        let refused = #expect(throws: StoreError.self) {
            // Larger than whatever room the failed commits left.
            try store.create(User(id: "u2", name: String(repeating: "x", count: 3_000_000), created: 0))
        }
        #expect(refused?.code == .full)
        #expect(try ledger.storedChain().sequence == appended)

        unlink(ballast)
        try await writer.admit()
        try await writer.append(AuditStoreTests.record(3))
        _ = try vault.put(Secret(text: "second"), user: "u1", api: "a1", field: "key")
        #expect(try vault.open(reference).withBytes { Array($0) } == Array("second".utf8))
        loop.cancel()
        try await loop.value

        let check = try JournalView(reading: folder + "/audit/1").verify(after: .empty, known: ledger.storedChain())
        #expect(check.findings.isEmpty && check.end.sequence == appended + 1)
        try ledger.flush()
        try store.close()
    }

    /// Writes until nothing more fits.
    private func fill(_ path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT, 0o600)
        defer { close(descriptor) }
        let block = [UInt8](repeating: 1, count: 4096)
        while write(descriptor, block, block.count) > 0 {}
    }
}
