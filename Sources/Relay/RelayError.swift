/// Why the relay cannot do what its command asks, in one sentence.
package struct RelayError: Error, Sendable, CustomStringConvertible {
    package let description: String

    package init(_ description: String) {
        self.description = description
    }
}
