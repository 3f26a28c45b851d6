/// Why a command did not do what it was asked, and the exit code that says so.
///
/// Never carries a secret.
struct CommandFailure: Error, Sendable, Hashable {
    /// The process's exit code.
    enum Kind: Int32, Sendable {
        /// Something on this side went wrong.
        case failed = 1
        /// The command or a file it was given is wrong.
        case usage = 2
        /// The relay answered, and said no.
        case refused = 3
        /// There was no answer from the relay.
        case unreachable = 4
    }

    /// One thing that the relay finds wrong.
    struct Violation: Sendable, Hashable {
        /// JSON Pointer (RFC 6901) into what was sent; empty for the whole.
        let pointer: String
        let message: String
    }

    let kind: Kind
    /// One sentence: what happened, where.
    let message: String
    /// Further lines: particulars and what to do.
    let notes: [String]
    /// What the relay finds wrong with a document, by its place in it; also told in `notes`.
    let violations: [Violation]
    /// The relay's `code`, where it refused.
    let code: String?
    /// The relay's `stage`, where it refused.
    let stage: String?

    init(
        _ kind: Kind, _ message: String, notes: [String] = [], violations: [Violation] = [], code: String? = nil,
        stage: String? = nil
    ) {
        self.kind = kind
        self.message = message
        self.notes = notes
        self.violations = violations
        self.code = code
        self.stage = stage
    }
}

extension CommandFailure: CustomStringConvertible {
    var description: String { ([message] + notes.map { $0.isEmpty ? "" : "  " + $0 }).joined(separator: "\n") }
}
