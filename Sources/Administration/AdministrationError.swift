/// Why a change was not made. Nothing was changed then.
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
        /// It is understood, and this version cannot do it.
        case notImplemented
        /// A URL that may not be called this way.
        case urlNotAllowed
        /// The disk is full or failing: try again once there is room.
        case storage
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
