/// Why a change was not made, and nothing was changed; or, once, that it was made and cannot be acknowledged.
package struct AdministrationError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Missing, or another user's.
        case notFound
        /// What was sent is not valid.
        case invalid
        /// The token may not do this.
        case forbidden
        /// Another one has that name.
        case exists
        /// It has changed since it was read (`If-Match`).
        case conflict
        /// It can no longer be done, and will not be on another try.
        case superseded
        /// A URL that may not be called this way.
        case urlNotAllowed
        /// The disk is full or failing: try again once there is room.
        case storage
        /// It was made, and could not be recorded.
        case unrecorded
    }

    /// What was asked for and is not there.
    package enum Subject: String, Sendable {
        case api = "API"
        case user, tunnel, token, proposal
    }

    /// One thing that is wrong, by JSON Pointer.
    package struct Violation: Sendable {
        package var pointer: String
        package var message: String
    }

    package var code: Code
    package var message: String
    package var violations: [Violation]
    /// With `notFound`: what it is that is missing.
    package var subject: Subject?

    package init(_ code: Code, _ message: String, violations: [Violation] = []) {
        self.code = code
        self.message = message
        self.violations = violations
    }

    /// Not there, or somebody else's.
    package static func missing(_ subject: Subject) -> AdministrationError {
        var error = AdministrationError(.notFound, "There is no such \(subject.rawValue).")
        error.subject = subject
        return error
    }

    package var description: String { message }
}
