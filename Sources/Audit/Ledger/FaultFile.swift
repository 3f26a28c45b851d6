import Glibc

/// The segments that a relay has found not to verify, beside them, for `penstock-relay check` to tell.
package enum FaultFile {
    private static func path(in folder: String) -> String { folder + "/faults" }

    static func write(_ faults: [String: String], in folder: String) throws(JournalError) {
        guard !faults.isEmpty else {
            unlink(path(in: folder))
            return
        }
        let lines = faults.sorted { $0.key < $1.key }.prefix(1000).map { "\($0.key): \($0.value)\n" }
        guard lines != (try? read(in: folder).map { $0 + "\n" }) else { return }
        try JournalFile.replace(path(in: folder), with: Array(lines.joined().utf8))
    }

    /// A sentence for each segment that does not verify; none where all do, or none was looked at yet.
    package static func read(in folder: String) throws -> [String] {
        guard access(path(in: folder), F_OK) == 0 else { return [] }
        let bytes = try JournalFile.read(path(in: folder)).read(at: 0, count: 1 << 20)
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map { String($0) }
    }
}
