import Audit
import GRDB
import Registry

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The journal's segments in a backup's file.
extension SQLiteBackup {
    /// Bytes of a piece.
    private static let pieceSize = 1 << 20

    /// Puts a journal into a copy of its database.
    ///
    /// - Parameter checkpoint: as of when the journal was opened; records may have been removed since the database was
    ///   copied.
    static func add(_ journal: JournalView, _ checkpoint: AuditChain, to copy: DatabaseQueue) throws {
        try copy.writeWithoutTransaction { db in
            // The copy is not in place yet, and synced before it is.
            try db.execute(
                sql: """
                    PRAGMA synchronous = OFF;
                    DROP TABLE IF EXISTS audit_pieces;
                    DROP TABLE IF EXISTS audit_segments;
                    CREATE TABLE audit_segments (name TEXT NOT NULL PRIMARY KEY, length INTEGER NOT NULL) STRICT;
                    CREATE TABLE audit_pieces (
                        name TEXT NOT NULL, number INTEGER NOT NULL, bytes BLOB NOT NULL, PRIMARY KEY (name, number)
                    ) STRICT;
                    """)
            if try SQLiteStore.checkpoint(db).chain.sequence < checkpoint.sequence {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO audit_checkpoint (id, seq, hash) VALUES (1, ?, ?)",
                    arguments: [checkpoint.sequence, checkpoint.hash.bytes.blob])
            }
            try journal.forEachCopy { segment in
                try db.inTransaction {
                    try db.execute(
                        sql: "INSERT INTO audit_segments (name, length) VALUES (?, ?)",
                        arguments: [segment.name, segment.length])
                    var number = 0
                    while number * pieceSize < segment.length {
                        let bytes = try segment.read(at: number * pieceSize, count: pieceSize)
                        try db.execute(
                            sql: "INSERT INTO audit_pieces (name, number, bytes) VALUES (?, ?, ?)",
                            arguments: [segment.name, number, bytes.blob])
                        number += 1
                    }
                    return .commit
                }
            }
        }
    }

    /// The segments in a backup, oldest first.
    static func segments(_ db: Database) throws -> [(name: String, length: Int)] {
        guard try db.tableExists("audit_segments") else { return [] }
        return try Row.fetchAll(db, sql: "SELECT name, length FROM audit_segments ORDER BY rowid").map {
            ($0["name"], $0["length"])
        }
    }

    /// Bytes of a segment in a backup.
    static func piece(of name: String, at offset: Int, count: Int, length: Int, _ db: Database) throws -> [UInt8] {
        var bytes: [UInt8] = []
        let end = min(offset + count, length)
        var place = offset
        while place < end {
            let row = try Row.fetchOne(
                db.cachedStatement(sql: "SELECT bytes FROM audit_pieces WHERE name = ? AND number = ?"),
                arguments: [name, place / pieceSize])
            guard let piece = row?.bytes("bytes"), place % pieceSize < piece.count else {
                throw StoreError(.corrupt, "A part of the segment \(name) is missing from the backup.")
            }
            let part = piece[(place % pieceSize)...].prefix(end - place)
            bytes += part
            place += part.count
        }
        return bytes
    }

    /// Puts a backup's journal into a new folder, which has another name until ``place(journal:in:)``.
    ///
    /// - Returns: the folder's number.
    static func restoreJournal(
        _ source: DatabaseQueue, to journals: String, after end: AuditChain, _ node: String
    ) throws -> Int {
        guard mkdir(journals, 0o700) == 0 || errno == EEXIST else {
            throw StoreError(.io, "The folder \(journals) cannot be made: \(String(cString: strerror(errno))).")
        }
        let names = DatabaseFile.folderContents(of: journals + "/")
        // What restorations that were cut short have left.
        for name in names where name.hasSuffix(unfinished) {
            let folder = "\(journals)/\(name)"
            for file in DatabaseFile.folderContents(of: folder + "/") { unlink("\(folder)/\(file)") }
            rmdir(folder)
        }
        let generation = (names.compactMap { Int($0) }.max() ?? 0) + 1
        let restore = try JournalRestore(into: "\(journals)/\(generation)\(unfinished)")
        try source.read { db in
            for (name, length) in try segments(db) {
                try restore.add(name) { append in
                    var place = 0
                    while place < length {
                        let bytes = try piece(of: name, at: place, count: pieceSize, length: length, db)
                        try append(bytes)
                        place += bytes.count
                    }
                }
            }
        }
        try restore.finish(after: end, node: node, now: WallClock.microseconds())
        return generation
    }

    /// Takes the segments out of a copy, which is not in place yet and synced before it is, and names their folder instead.
    static func takeOut(_ copy: DatabaseQueue, naming generation: Int) throws {
        try copy.writeWithoutTransaction { db in
            try db.execute(
                sql: """
                    PRAGMA synchronous = OFF;
                    PRAGMA journal_mode = MEMORY;
                    BEGIN;
                    DROP TABLE audit_pieces;
                    DROP TABLE audit_segments;
                    UPDATE audit_journal SET generation = \(generation);
                    COMMIT;
                    """)
            // Their room is given back where it is worth writing everything else once more.
            guard let free = try Int.fetchOne(db, sql: "PRAGMA freelist_count"), free > 4096 else { return }
            try db.execute(sql: "PRAGMA temp_store = MEMORY; VACUUM")
        }
    }

    /// Gives the folder its name, just before the database that names it takes its place.
    static func place(journal generation: Int, in journals: String) throws {
        let folder = "\(journals)/\(generation)"
        try DatabaseFile.move(folder + unfinished, to: folder)
    }

    private static let unfinished = ".partial"
}
