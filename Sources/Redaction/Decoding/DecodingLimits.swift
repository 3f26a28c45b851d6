/// What a decoded body may amount to (S10).
package struct DecodingLimits: Sendable, Hashable {
    /// Bytes of the decoded body, and of each stage between, where codings are stacked. Default 10 MiB.
    package var decodedBytes = 10 << 20
    /// Decoded bytes for each byte received. Default 200: text compresses to a tenth or a twentieth, zeros to a
    /// thousandth.
    package var ratio = 200
    /// Decoded bytes up to which the ratio is not judged: small bodies may be as empty as they like. Default 1 MiB.
    package var ratioFloor = 1 << 20
    /// Codings on top of each other, not counting identity. Default 2.
    package var encodings = 2
    /// Members of a gzip stream (RFC 1952 section 2.2). Default 64.
    package var members = 64
    /// The most bytes that one step yields. Default 64 KiB.
    package var pieceBytes = 64 << 10

    package static var defaults: Self { Self() }

    package init() {}
}
