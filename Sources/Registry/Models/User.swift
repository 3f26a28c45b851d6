/// Someone who owns APIs, tunnels and tokens.
package struct User: Sendable, Hashable {
    package var id: String
    package var name: String
    /// Microseconds since 1970.
    package var created: Int64
    /// When an operator suspended them, in microseconds since 1970; `nil` while their tokens are good.
    package var suspended: Int64?

    package init(id: String, name: String, created: Int64, suspended: Int64? = nil) {
        self.id = id
        self.name = name
        self.created = created
        self.suspended = suspended
    }
}
