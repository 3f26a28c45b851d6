/// Why a store could not do what was asked. Never holds a secret.
package struct StoreError: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        /// A stable word for logs and tests.
        package let description: String

        package init(_ description: String) { self.description = description }

        /// The disk is full; nothing was written. Works again once there is room.
        package static let full = Code("full")
        /// Reading or writing the disk failed; nothing was written.
        package static let io = Code("io")
        /// Another process holds the database for too long.
        package static let busy = Code("busy")
        /// A row with that key exists already.
        package static let exists = Code("exists")
        /// The row is not there, or is somebody else's.
        package static let notFound = Code("notFound")
        /// The row is no longer at the version the writer expected.
        package static let conflict = Code("conflict")
        /// A later version of Penstock wrote the database.
        package static let newerVersion = Code("newerVersion")
        /// The file is not a database of Penstock, or is damaged.
        package static let corrupt = Code("corrupt")
        /// The database does not give the guarantees that Penstock needs.
        package static let unsafe = Code("unsafe")
        /// Anything else; a defect.
        package static let other = Code("other")
    }

    package let code: Code
    /// What happened, where, and what to do.
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
