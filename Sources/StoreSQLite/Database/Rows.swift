import Foundation
import GRDB
import Registry

extension [UInt8] {
    /// As SQLite stores it. GRDB speaks `Data`; an array would become JSON text.
    var blob: Data { Data(self) }
}

extension Row {
    /// A blob column's bytes; none when it is null or no blob.
    func bytes(_ column: String) -> [UInt8] {
        Data.fromDatabaseValue(self[column] as DatabaseValue).map(Array.init) ?? []
    }

    /// About how many bytes its values take.
    fileprivate var size: Int {
        databaseValues.reduce(0) { size, value in
            switch value.storage {
            case .string(let text): size + text.utf8.count
            case .blob(let data): size + data.count
            case .null, .int64, .double: size + 8
            }
        }
    }
}

extension SQLiteStore {
    /// A page of a table's rows in the order of their ids, of all users or of one.
    static func page<Item: Sendable>(
        _ bounds: PageBounds, of table: StaticString, user: String?, _ db: Database, _ item: (Row) throws -> Item
    ) throws -> Page<Item> {
        var arguments: StatementArguments = ["after": bounds.after ?? "", "limit": bounds.items + 1]
        if let user { arguments += ["user": user] }
        let ofUser = user == nil ? "" : "AND user_id = :user"
        let rows = try Row.fetchCursor(
            db, sql: "SELECT * FROM \(table) WHERE id > :after \(ofUser) ORDER BY id LIMIT :limit",
            arguments: arguments)
        var page = Page<Item>()
        var bytes = 0
        while let row = try rows.next() {
            guard page.items.count < bounds.items, bytes < bounds.bytes else {
                page.hasMore = true
                break
            }
            bytes += row.size
            page.items.append(try item(row))
        }
        return page
    }
}
