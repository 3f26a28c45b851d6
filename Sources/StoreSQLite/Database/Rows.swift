import Foundation
import GRDB

extension [UInt8] {
    /// As SQLite stores it. GRDB speaks `Data`; an array would become JSON text.
    var blob: Data { Data(self) }
}

extension Row {
    /// A blob column's bytes; none when it is null or no blob.
    func bytes(_ column: String) -> [UInt8] {
        Data.fromDatabaseValue(self[column] as DatabaseValue).map(Array.init) ?? []
    }
}
