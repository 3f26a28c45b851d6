package import Value

/// Where the parts of a self-contained schema stand in the definition that it was made from.
package struct SchemaPlaces: Sendable, Hashable {
    /// Of the schema itself.
    package let own: JSONPointer
    /// By the name under `$defs`; all of the definition's.
    package let shared: [String: JSONPointer]

    package init(own: JSONPointer, shared: [String: JSONPointer]) {
        self.own = own
        self.shared = shared
    }

    /// The place in the definition, of a place in the self-contained schema; nil where its name is not known.
    package func place(of pointer: JSONPointer) -> JSONPointer? {
        guard pointer.tokens.first == "$defs", let name = pointer.tokens.dropFirst().first else {
            return JSONPointer(own.tokens + pointer.tokens)
        }
        return shared[name].map { JSONPointer($0.tokens + pointer.tokens.dropFirst(2)) }
    }

    /// The place in the self-contained schema, of a place in the schema of everything, as the engine tells it.
    ///
    /// - Parameter text: a fragment, as `#/properties/response_0/type`.
    static func inner(_ text: String) -> JSONPointer {
        guard text.utf8.first == UInt8(ascii: "#"), let pointer = JSONPointer(text: String(text.dropFirst())) else {
            return .root
        }
        return pointer.tokens.first == "$defs" ? pointer : JSONPointer(Array(pointer.tokens.dropFirst(2)))
    }
}
