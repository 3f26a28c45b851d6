/// A plain credential as it stood in a written definition, on its way to the vault. Shows nothing of itself.
package struct WrittenSecret: Sendable {
    /// The last part of its vault reference.
    package let field: String
    /// The plain value.
    package let value: String
}

extension WrittenSecret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[secret \(field)]" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
