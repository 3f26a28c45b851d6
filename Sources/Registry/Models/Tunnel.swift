/// A way into a user's network; connectors dial in with its tokens.
package struct Tunnel: Sendable, Hashable {
    package var id: String
    package var user: String
    package var name: String
    /// Microseconds since 1970.
    package var created: Int64
    /// When a session was last seen, in microseconds since 1970; `nil` before the first.
    package var lastSeen: Int64?

    package init(id: String, user: String, name: String, created: Int64, lastSeen: Int64? = nil) {
        self.id = id
        self.user = user
        self.name = name
        self.created = created
        self.lastSeen = lastSeen
    }
}
