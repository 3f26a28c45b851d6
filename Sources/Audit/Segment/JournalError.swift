import Glibc

/// Why the journal's files could not be read or written. Holds no secret.
package struct JournalError: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Code: Hashable, Sendable {
        let word: String

        /// There is no room on the disk, or the file may not grow.
        package static let full = Code(word: "full")
        /// A file cannot be read or written.
        package static let io = Code(word: "io")
        /// A file does not hold what it has to.
        package static let corrupt = Code(word: "corrupt")
        /// A later version wrote it.
        package static let newerVersion = Code(word: "newerVersion")
    }

    package let code: Code
    /// What happened, and what to do.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// What `errno` says of an operation on a file.
    static func system(_ operation: String, _ path: String, _ number: Int32 = errno) -> JournalError {
        switch number {
        case ENOSPC, EDQUOT, EFBIG:
            JournalError(.full, "The disk is full (\(path)); nothing was written. Free some space.")
        default:
            JournalError(.io, "The file \(path) cannot be \(operation): \(String(cString: strerror(number))).")
        }
    }
}
