import Glibc

/// The lines of a file or of standard input, one in memory at a time.
final class LineReader {
    /// No record is as long as this, in bytes.
    static let longestLine = 1 << 20
    private static let chunk = 64 << 10

    private let path: String
    private let descriptor: Int32
    private var buffer: [UInt8] = []
    private var start = 0
    private var isAtEnd = false

    /// - Parameter path: `-` for standard input.
    init(_ path: String) throws(RelayError) {
        self.path = path
        descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw RelayError("The file \(path) cannot be read: \(String(cString: strerror(errno))).")
        }
    }

    deinit { close(descriptor) }

    /// The next line without its end; nil at the end of the file.
    ///
    /// Throws when the file cannot be read, or a line is too long to be a record.
    func next() throws(RelayError) -> [UInt8]? {
        var searched = start
        while true {
            if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = end + 1 }
                return Array(buffer[start..<end])
            }
            guard !isAtEnd else {
                defer { start = buffer.count }
                return start < buffer.count ? Array(buffer[start...]) : nil
            }
            guard buffer.count - start <= Self.longestLine else {
                throw RelayError("\(path) has a line of more than \(Self.longestLine) bytes: it is no audit file.")
            }
            buffer.removeFirst(start)
            start = 0
            searched = buffer.count
            try fill()
        }
    }

    private func fill() throws(RelayError) {
        let filled = buffer.count
        buffer.append(contentsOf: repeatElement(0, count: Self.chunk))
        let count = buffer.withUnsafeMutableBytes { bytes in
            var count: Int
            repeat {
                count = read(descriptor, bytes.baseAddress.map { $0 + filled }, Self.chunk)
            } while count < 0 && errno == EINTR
            return count
        }
        let reason = errno
        buffer.removeLast(Self.chunk - max(0, count))
        guard count >= 0 else {
            throw RelayError("The file \(path) cannot be read: \(String(cString: strerror(reason))).")
        }
        isAtEnd = count == 0
    }
}
