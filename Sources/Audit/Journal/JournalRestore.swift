import Glibc

/// Puts segments from a backup into a new folder. It is not read until the database names it.
package struct JournalRestore {
    private let folder: String

    /// Makes the folder; its parent has to be there.
    package init(into folder: String) throws {
        self.folder = folder
        guard mkdir(folder, 0o700) == 0 else { throw JournalError.system("made", folder) }
        try JournalFile.syncFolder(JournalFile.folder(of: folder))
    }

    /// Writes one segment's file.
    package func add(_ name: String, _ write: (_ append: ([UInt8]) throws -> Void) throws -> Void) throws {
        // The name comes from the backup.
        guard name.hasSuffix(Segment.suffix), !name.contains("/") else {
            throw JournalError(.corrupt, "The backup holds a segment with an impossible name.")
        }
        let file = try JournalFile.create(folder + "/" + name)
        try write { try file.append($0) }
        try file.sync()
    }

    /// Opens a new chain behind the restored records, since the former relay may still be appending to its own.
    package func finish(after end: AuditChain, node: String, now: Int64) throws {
        let head = SegmentHead(
            format: .fields, chain: SegmentHead.newChain(), node: node, start: end, created: now)
        let file = try JournalFile.create(folder + "/" + Segment.name(head))
        try file.append(head.bytes)
        try file.sync()
        try JournalFile.syncFolder(folder)
    }
}
