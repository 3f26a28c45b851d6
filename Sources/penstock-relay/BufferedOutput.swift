import Foundation

/// Standard output in large pieces: for millions of lines.
struct BufferedOutput {
    private static let size = 256 << 10
    private var bytes: [UInt8] = []

    /// Throws when nobody reads any more, or the disk is full.
    mutating func write(_ line: [UInt8]) throws {
        bytes += line
        if bytes.count >= Self.size { try flush() }
    }

    mutating func flush() throws {
        try FileHandle.standardOutput.write(contentsOf: bytes)
        bytes.removeAll(keepingCapacity: true)
    }
}
