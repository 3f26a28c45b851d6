/// Why the vault could not do what was asked. Never holds a secret.
package struct VaultError: Error, Hashable, Sendable, CustomStringConvertible {
    package struct Code: Hashable, Sendable, CustomStringConvertible {
        /// A stable word for logs and tests.
        package let description: String

        /// No record is stored under that reference.
        package static let missing = Code(description: "missing")
        /// A stored row does not authenticate: changed, moved, copied or put back from an earlier time.
        package static let tampered = Code(description: "tampered")
        /// The master key is not the one this store was made with.
        package static let wrongMasterKey = Code(description: "wrongMasterKey")
        /// A key file or value cannot be used.
        package static let badMasterKey = Code(description: "badMasterKey")
        /// A rotation of the master key cannot begin: one is under way, or the new key is the old one.
        package static let cannotRotate = Code(description: "cannotRotate")
        /// A stored row was written by a later version of the format.
        package static let unsupportedFormat = Code(description: "unsupportedFormat")
        /// A text is not a vault reference, or a name cannot stand in one.
        package static let badReference = Code(description: "badReference")
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
