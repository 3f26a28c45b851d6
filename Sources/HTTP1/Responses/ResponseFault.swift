/// Why bytes are not a response that can be passed on. Nothing can be read behind them.
package struct ResponseFault: Error, Equatable {
    /// In the words of RFC 9209, section 2.3.
    package enum Kind: String, Sendable {
        case malformed = "http_protocol_error"
        case headTooLarge = "http_response_header_section_size"
        case cutShort = "connection_terminated"
    }

    package let kind: Kind
    /// A few words for people; never a header or a value.
    package let details: String
    /// What the origin answered, where that is a number and not a status that can be passed on.
    package let receivedStatus: Int?

    init(_ kind: Kind, _ details: String = "", receivedStatus: Int? = nil) {
        self.kind = kind
        self.details = details
        self.receivedStatus = receivedStatus
    }
}
