import GRDB
import GRDBSQLite

/// Binds and runs a prepared statement without GRDB's boxing of arguments: for what runs with every call.
struct FastStatement {
    private let db: Database
    private let raw: OpaquePointer

    /// The statement is prepared once per connection.
    init(_ db: Database, sql: String) throws {
        self.db = db
        raw = try db.cachedStatement(sql: sql).sqliteStatement
    }

    func bind(_ value: Int64, at index: Int32) {
        sqlite3_bind_int64(raw, index, value)
    }

    func bind(_ value: Int?, at index: Int32) {
        if let value { bind(Int64(value), at: index) } else { sqlite3_bind_null(raw, index) }
    }

    func bind(_ value: String?, at index: Int32) {
        guard var value else {
            sqlite3_bind_null(raw, index)
            return
        }
        _ = value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                // Without an address SQLite would bind null.
                if let base = text.baseAddress {
                    sqlite3_bind_text(raw, index, base, Int32(text.count), Self.copied)
                } else {
                    sqlite3_bind_text(raw, index, "", 0, Self.copied)
                }
            }
        }
    }

    /// Binds a text by its UTF-8 bytes, which must stay in place until the statement has run.
    func bind(borrowing text: UnsafeBufferPointer<UInt8>, at index: Int32) {
        text.withMemoryRebound(to: CChar.self) { text in
            _ = sqlite3_bind_text(raw, index, text.baseAddress, Int32(text.count), nil)
        }
    }

    func bind(blob: [UInt8], at index: Int32) {
        // An empty array may have no address, which would bind null.
        if blob.isEmpty {
            sqlite3_bind_zeroblob(raw, index, 0)
        } else {
            sqlite3_bind_blob(raw, index, blob, Int32(blob.count), Self.copied)
        }
    }

    /// Runs a statement that returns no rows.
    func run() throws {
        let code = sqlite3_step(raw)
        let message = db.lastErrorMessage
        sqlite3_reset(raw)
        guard code == SQLITE_DONE else {
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
    }

    private static var copied: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }
}
