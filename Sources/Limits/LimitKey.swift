/// Whose calls a limit counts.
package enum LimitKey: Hashable, Sendable {
    /// All calls of the relay.
    case relay
    /// A user's, over both routes.
    case user(String)
    /// A tunnel's, whoever's API is behind it.
    case tunnel(String)
    case token(String)
    /// An API's, by its id.
    case api(String)
}
