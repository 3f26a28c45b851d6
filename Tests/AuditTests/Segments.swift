import Glibc

@testable import Audit

/// A segment's file, taken apart: its head, and each frame with its head.
struct SegmentBytes {
    var head: [UInt8]
    var frames: [[UInt8]] = []

    init(_ path: String) {
        let bytes = TemporaryFolder.read(path)
        head = Array(bytes.prefix(SegmentHead.size))
        var offset = SegmentHead.size
        while offset + 8 <= bytes.count {
            let length = Int(bytes.littleEndian(at: offset, as: UInt32.self))
            guard length > 0, offset + 8 + length <= bytes.count else { break }
            frames.append(Array(bytes[offset..<offset + 8 + length]))
            offset += 8 + length
        }
    }

    /// A frame whose record was changed, with the checksum that belongs to it.
    static func changed(_ frame: [UInt8]) -> [UInt8] {
        var record = Array(frame.dropFirst(8))
        let name = Array("get_customer".utf8)
        if let place = record.indices.first(where: { record[$0...].starts(with: name) }) {
            record.replaceSubrange(place..<place + 3, with: "del".utf8)
        }
        var frame: [UInt8] = []
        Frame.append(record, to: &frame)
        return frame
    }

    func write(to path: String) {
        TemporaryFolder.write(head + frames.flatMap { $0 }, to: path)
    }
}

extension Journal {
    /// Appends records one commit each, or all in one, and indexes them.
    func add(_ records: [AuditRecord], inOne: Bool = true) throws {
        if inOne {
            try append(records.map { try AuditPending($0) })
        } else {
            for record in records { try append([try AuditPending(record)]) }
        }
        _ = settle()
    }
}

/// A journal in a folder, opened as a relay does.
func open(
    _ folder: TemporaryFolder, known: AuditChain = .empty, _ options: Journal.Options = Journal.Options()
) throws -> (journal: Journal, opening: Journal.Opening) {
    try Journal.open(folder.path, known: known, options: options)
}

func options(
    bytes: Int = 64 << 20, age: Int64 = .max, node: String = "", now: @escaping @Sendable () -> Int64 = { 0 }
) -> Journal.Options {
    var options = Journal.Options()
    options.segmentBytes = bytes
    options.segmentAge = age
    options.node = node
    options.now = now
    return options
}
