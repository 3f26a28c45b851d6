package import Value

/// Why a schema could not be compiled.
package struct SchemaError: Error, Sendable, Hashable {
    /// One thing that is wrong with a schema.
    package struct Fault: Sendable, Hashable {
        /// Where it stands in its document: the root document, unless the message names another.
        package let pointer: JSONPointer
        /// What is wrong.
        package let message: String

        /// A fault known by its place.
        package init(pointer: JSONPointer, message: String) {
            self.pointer = pointer
            self.message = message
        }
    }

    /// At least one, in the order found.
    package let faults: [Fault]

    /// An error with the faults found.
    package init(faults: [Fault]) {
        self.faults = faults
    }
}

extension SchemaError: CustomStringConvertible {
    package var description: String {
        faults.map { "#\($0.pointer): \($0.message)" }.joined(separator: "\n")
    }
}
