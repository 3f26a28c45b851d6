import Value

/// Writes records out, one at a time.
package struct AuditExport: Sendable {
    package enum Format: String, Sendable, CaseIterable {
        /// The records as they are chained, one a line: an export of all of them verifies.
        case jsonLines = "jsonl"
        /// A table for people (RFC 4180). A cell that a spreadsheet would take for a formula begins with an apostrophe.
        case csv
    }

    private let format: Format
    /// Microseconds since 1970, inclusive.
    private let since: String?
    /// Exclusive.
    private let until: String?

    package init(_ format: Format, since: Int64? = nil, until: Int64? = nil) {
        self.format = format
        self.since = since.map(Timestamp.text)
        self.until = until.map(Timestamp.text)
    }

    private static let columns = [
        "sequence", "time", "kind", "request_id", "user_id", "token_id", "api_id", "api", "endpoint", "route",
        "tunnel_id", "connector", "session", "outcome", "stage", "method", "path", "action", "target",
        "upstream_status", "request_bytes", "response_bytes", "total_us", "previous", "parent", "attempts",
    ]

    /// Writes all records of a log, oldest first, a line at a time.
    package func run(_ log: any AuditLog, write: ([UInt8]) throws -> Void) throws {
        if format == .csv { try write(Self.line(Self.columns)) }
        try AuditWalk(log).forEach { text, _ in
            if let line = line(for: text) { try write(line) }
        }
    }

    /// A record's line; `nil` when it is outside of the time asked for.
    package func line(for text: [UInt8]) -> [UInt8]? {
        if format == .jsonLines && since == nil && until == nil { return text + [UInt8(ascii: "\n")] }
        // What is no record is handed over as it is, for whoever verifies the export to find.
        guard let json = try? JSON.parse(text), let time = json["time"]?.string else {
            return format == .jsonLines ? text + [UInt8(ascii: "\n")] : nil
        }
        // Times of one width and zone are in order as texts.
        if let since, time < since { return nil }
        if let until, time >= until { return nil }
        guard format == .csv else { return text + [UInt8(ascii: "\n")] }
        return Self.line(Self.columns.map { Self.cell($0, of: json) })
    }

    private static func cell(_ column: String, of json: JSON) -> String {
        let value = column == "total_us" ? json["times_us"]?["total"] : json[column]
        guard let value else { return "" }
        return value.string ?? value.text()
    }

    /// A row, its line end included (RFC 4180, section 2).
    static func line(_ cells: [String]) -> [UInt8] {
        var output: [UInt8] = []
        for (index, cell) in cells.enumerated() {
            if index > 0 { output.append(UInt8(ascii: ",")) }
            append(cell, to: &output)
        }
        output += "\r\n".utf8
        return output
    }

    private static func append(_ cell: String, to output: inout [UInt8]) {
        var bytes = Array(cell.utf8)
        if let first = bytes.first, "=+-@\t\r\n|".utf8.contains(first) { bytes.insert(UInt8(ascii: "'"), at: 0) }
        guard bytes.contains(where: { "\",\r\n".utf8.contains($0) }) || bytes.first == UInt8(ascii: "'") else {
            output += bytes
            return
        }
        output.append(UInt8(ascii: "\""))
        for byte in bytes {
            if byte == UInt8(ascii: "\"") { output.append(byte) }
            output.append(byte)
        }
        output.append(UInt8(ascii: "\""))
    }
}
