package import ReverseHTTP

/// An origin's response head as the tunnel gets it, once it is known to say unambiguously where its body ends.
package struct OriginResponse: Equatable, Sendable {
    package enum Framing: Equatable, Sendable {
        /// No body, whatever the header says (HEAD, 204, 304), or a length of 0.
        case none
        case length(Int)
        case chunked
        /// Until the connection ends: such a connection carries nothing else.
        case untilClose
    }

    package var status: Int
    package var fields: FieldBlock
    package var framing: Framing
    /// Whether the connection may carry another exchange after this one.
    package var isReusable: Bool
}
