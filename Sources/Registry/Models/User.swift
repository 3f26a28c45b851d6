/// Someone who owns APIs, tunnels and tokens.
package struct User: Sendable, Hashable {
    package var id: String
    package var name: String
    /// Microseconds since 1970.
    package var created: Int64

    package init(id: String, name: String, created: Int64) {
        self.id = id
        self.name = name
        self.created = created
    }
}
