/// Why a body could not be decoded. It says nothing of the body.
package struct BodyDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// A content coding other than gzip, deflate and identity.
        case unsupportedEncoding
        /// More codings on top of each other than allowed.
        case tooManyEncodings
        /// Decoded, it is larger than allowed.
        case tooLarge
        /// It grows by more than any honest body does.
        case ratio
        /// More gzip members than allowed.
        case tooManyMembers
        /// Not what its coding says, or damaged.
        case malformed
        /// Bytes behind the end of the encoded data.
        case trailingData
        /// It ends before the encoded data does.
        case truncated
        /// zlib found no memory.
        case memory
    }

    package let code: Code

    package init(_ code: Code) { self.code = code }

    package var description: String {
        switch code {
        case .unsupportedEncoding: "The body's content coding is none of gzip, deflate and identity."
        case .tooManyEncodings: "The body has too many content codings on top of each other."
        case .tooLarge: "The decoded body is larger than allowed."
        case .ratio: "The body grows too much when decoded."
        case .tooManyMembers: "The body has too many gzip members."
        case .malformed: "The body is not what its content coding says."
        case .trailingData: "The body goes on behind the end of its encoded data."
        case .truncated: "The body ends before its encoded data does."
        case .memory: "There was no memory to decode the body."
        }
    }
}
