/// Why the connector cannot start, or a check failed: one sentence that says what happened, where, and what to do.
package struct ConnectorError: Error, Sendable, CustomStringConvertible {
    package struct Code: Sendable, Hashable {
        /// The exit code of the process (interface.md, "Executables").
        package let exitCode: Int32

        /// Something went wrong here.
        package static let failed = Code(exitCode: 1)
        /// The configuration or the command line is wrong.
        package static let configuration = Code(exitCode: 2)
        /// The relay refused this connector.
        package static let refused = Code(exitCode: 3)
        /// The relay cannot be reached.
        package static let unreachable = Code(exitCode: 4)
    }

    package let code: Code
    package let message: String

    package init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    package var description: String { message }
}
