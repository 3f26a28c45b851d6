import Audit
import GRDB
import Glibc
import Registry
import StoreSQLite
import TestSupport
import Vault

/// A folder of its own with a database in it, removed at the end.
final class TemporaryStore: Sendable {
    let folder: String
    let path: String
    let masterKey = MasterKey.generate()

    init() throws {
        folder = "/tmp/penstock-store-\(UInt64.random(in: .min ... .max))"
        path = folder + "/penstock.db"
        mkdir(folder, 0o700)
    }

    deinit { Folders.remove(folder) }

    func open() throws -> SQLiteStore { try SQLiteStore(path: path) }

    /// The folder that journals are in.
    var journals: String { folder + "/audit" }

    /// The folder of the database's journal.
    func journal(_ store: SQLiteStore) throws -> String { "\(journals)/\(try store.journalGeneration())" }

    /// The segments' files in order.
    func segments(_ store: SQLiteStore) throws -> [String] {
        let folder = try journal(store)
        return Folders.names(folder).filter { $0.hasSuffix(".seg") }.map { folder + "/" + $0 }
    }

    /// The audit over a store, as a relay opens it.
    func ledger(
        _ store: SQLiteStore, _ options: Journal.Options = TemporaryStore.options()
    ) throws -> AuditLedger {
        mkdir(journals, 0o700)
        let (ledger, opening) = try AuditLedger.open(try journal(store), figures: store, options: options)
        if !opening.alarms.isEmpty { throw AuditError(.notDurable, opening.alarms.joined(separator: " ")) }
        return ledger
    }

    /// Segments that never end by age: tests' records have times of their own.
    static func options(bytes: Int = 64 << 20) -> Journal.Options {
        var options = Journal.Options()
        options.segmentBytes = bytes
        options.segmentAge = .max
        options.now = { 0 }
        return options
    }

    /// Changes bytes of a file: every occurrence of a text becomes another of the same length.
    static func replace(_ text: String, with other: String, in path: String) {
        var bytes = read(path)
        let (old, new) = (Array(text.utf8), Array(other.utf8))
        while let place = bytes.firstRange(of: old) { bytes.replaceSubrange(place..<place + old.count, with: new) }
        write(bytes, to: path)
    }

    static func write(_ bytes: [UInt8], to path: String) {
        let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }

    /// A store with users `u1` and `u2`.
    func openWithUsers() throws -> SQLiteStore {
        let store = try open()
        for id in ["u1", "u2"] { try store.create(User(id: id, name: id, created: 0)) }
        return store
    }

    /// Runs SQL in the file as somebody with `sqlite3` would.
    func raw(_ sql: String) throws {
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        configuration.busyMode = .timeout(5)
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.inDatabase { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// The bytes of the database and its companions.
    func allBytes() -> [UInt8] {
        ["", "-wal", "-shm"].flatMap { Self.read(path + $0) }
    }

    static func read(_ path: String) -> [UInt8] {
        let descriptor = Glibc.open(path, O_RDONLY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = Glibc.read(descriptor, &chunk, chunk.count)
            guard got > 0 else { return content }
            content += chunk[..<got]
        }
    }
}

extension [UInt8] {
    /// Whether the text occurs anywhere.
    func contains(text: String) -> Bool {
        let pattern = Array(text.utf8)
        guard let first = pattern.first, count >= pattern.count else { return false }
        return (0...count - pattern.count).contains { start in
            self[start] == first && self[start..<start + pattern.count].elementsEqual(pattern)
        }
    }
}

extension [UInt8] {
    /// Whether these bytes occur anywhere.
    func firstRange(of pattern: [UInt8]) -> Int? {
        guard let first = pattern.first, count >= pattern.count else { return nil }
        return (0...count - pattern.count).first { start in
            self[start] == first && self[start..<start + pattern.count].elementsEqual(pattern)
        }
    }
}
