/// Why a change was not made, and nothing was changed; or, once, that it was made and cannot be acknowledged.
package struct AdministrationError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// Not there, or somebody else's.
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

    /// One thing that is wrong, by JSON Pointer.
    package struct Violation: Sendable {
        package var pointer: String
        package var message: String
    }

    package var code: Code
    package var message: String
    package var violations: [Violation]

    package init(_ code: Code, _ message: String, violations: [Violation] = []) {
        self.code = code
        self.message = message
        self.violations = violations
    }

    package var description: String { message }
}
