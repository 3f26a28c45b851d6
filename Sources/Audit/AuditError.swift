/// Why a record was not made durable. Holds no secret.
package struct AuditError: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        /// A stable word for logs and tests.
        package let description: String

        /// Too many records wait for the disk; answer `OVERLOADED`.
        package static let overloaded = Code(description: "overloaded")
        /// The store could not commit; nothing is known to be recorded. Answer `OVERLOADED`.
        package static let notDurable = Code(description: "notDurable")
        /// The writer is shutting down.
        package static let closed = Code(description: "closed")
    }

    package let code: Code
    /// What happened and what to do, for the operator's log.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
