package import ReverseHTTP

/// Why bytes are not a response that can be passed on. Nothing can be read behind them.
package struct ResponseFault: Error, Equatable {
    package enum Kind: Sendable {
        case malformed, headTooLarge, cutShort

        package var type: ProxyErrorType {
            switch self {
            case .malformed: .httpProtocolError
            case .headTooLarge: .httpResponseHeaderSectionSize
            case .cutShort: .connectionTerminated
            }
        }
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
