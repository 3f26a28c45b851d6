import Audit
import GRDB
import Registry

extension StoreError {
    /// What an error of SQLite means to the caller. SQL arguments never enter the message.
    init(mapping error: any Error, path: String? = nil) {
        if let error = error as? StoreError {
            self = error
            return
        }
        if let error = error as? JournalError {
            self.init(error.code == .full ? .full : error.code == .corrupt ? .corrupt : .io, error.description)
            return
        }
        guard let error = error as? DatabaseError else {
            self.init(.other, "The database failed: \(type(of: error)).")
            return
        }
        let place = path.map { " (\($0))" } ?? ""
        let reason = error.message ?? "code \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(.full, "The disk is full\(place); nothing was written. Free some space.")
        case .SQLITE_IOERR, .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(
                .io,
                "The database\(place) cannot be read or written: \(reason) (\(error.extendedResultCode.rawValue)). "
                    + "Check the disk and the data folder's owner and mode.")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(.busy, "The database\(place) is locked by another process. Is a second relay running on it?")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(.corrupt, "The file\(place) is not a sound database: \(reason). Restore a backup.")
        case .SQLITE_CONSTRAINT:
            switch error.extendedResultCode {
            case .SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY, .SQLITE_CONSTRAINT_ROWID:
                self.init(.exists, "It exists already.")
            case .SQLITE_CONSTRAINT_FOREIGNKEY:
                self.init(.notFound, "What it belongs to does not exist.")
            default:
                self.init(.other, "The database refused a row: \(reason).")
            }
        default:
            self.init(.other, "The database failed: \(reason) (\(error.extendedResultCode.rawValue)).")
        }
    }
}
