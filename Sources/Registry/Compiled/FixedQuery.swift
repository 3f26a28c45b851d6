/// One parameter that a URL template itself brings along, as in `?api-version=1&sig={secret}`.
package struct FixedQuery: Sendable, Hashable {
    /// Decoded.
    package let name: String
    /// Decoded, in pieces: the secret stands between each two. One piece alone holds no secret.
    package let pieces: [String]

    /// Whether the secret stands in it.
    package var holdsSecret: Bool { pieces.count > 1 }

    /// The value with the secret put in, to be percent-encoded.
    package func value(secret: String) -> String { pieces.joined(separator: secret) }
}
