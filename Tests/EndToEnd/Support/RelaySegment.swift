import Foundation

/// A segment of the audit's journal as somebody with a hex editor sees it.
struct RelaySegment {
    private static let headSize = 160

    let path: String
    private let head: Data
    /// Each record's bytes.
    var records: [Data] = []

    init(_ path: String) throws {
        self.path = path
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        head = bytes.prefix(Self.headSize)
        var rest = bytes.dropFirst(Self.headSize)
        while rest.count >= 8 {
            let length = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
            guard length > 0, rest.count >= 8 + length else { break }
            records.append(Data(rest.dropFirst(8).prefix(length)))
            rest = rest.dropFirst(8 + length)
        }
    }

    /// Writes the file again, each record with the checksum that belongs to it.
    func write() throws {
        var bytes = head
        for record in records {
            for number in [UInt32(record.count), Self.checksum(record)] {
                for shift in [0, 8, 16, 24] as [UInt32] { bytes.append(UInt8(truncatingIfNeeded: number >> shift)) }
            }
            bytes += record
        }
        try bytes.write(to: URL(fileURLWithPath: path))
    }

    /// A record in which a text stands for another of the same length.
    static func changed(_ record: Data, _ text: String, _ other: String) -> Data {
        var record = record
        if let place = record.range(of: Data(text.utf8)) { record.replaceSubrange(place, with: Data(other.utf8)) }
        return record
    }

    /// CRC-32 as zlib computes it.
    private static func checksum(_ bytes: Data) -> UInt32 {
        var value = UInt32.max
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0xedb8_8320 : value >> 1 }
        }
        return ~value
    }
}

extension TestRelay {
    /// The segments of the audit, oldest first.
    func segments() throws -> [String] {
        let folder = data + "/audit/1"
        return try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".seg") }.sorted()
            .map { folder + "/" + $0 }
    }

    /// Changes the records of the oldest segment that has any. No relay may run.
    func changeSegment(_ change: (inout [Data]) -> Void) throws {
        for path in try segments() {
            var segment = try RelaySegment(path)
            guard !segment.records.isEmpty else { continue }
            change(&segment.records)
            return try segment.write()
        }
        throw TestFailure("no segment has records")
    }
}
