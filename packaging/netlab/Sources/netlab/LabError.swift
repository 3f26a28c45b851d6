import Glibc

/// A failure that is reported to the person at the terminal in one sentence.
struct LabError: Error, CustomStringConvertible {
    /// What happened, where, and what to do.
    let description: String

    init(_ description: String) {
        self.description = description
    }

    /// A failed system call; reads `errno`, so it must be made right after the call.
    static func system(_ attempt: String) -> LabError {
        LabError("\(attempt): \(String(cString: strerror(errno)))")
    }
}
