/// Why a request target was refused. Neither the reason nor the sentence repeats the target.
package struct RequestTargetError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Reason: String, Sendable, Hashable, CaseIterable {
        case notOriginForm, controlOrSpace, nonASCII, fragment, backslash, emptySegment, dotSegment, malformedEncoding
        case encodedControl, overlongEncoding, encodedSlash
    }

    package let reason: Reason

    init(_ reason: Reason) { self.reason = reason }

    package var description: String {
        switch reason {
        case .notOriginForm: "The request target does not start with a slash."
        case .controlOrSpace: "The request target contains a space or a control character."
        case .nonASCII: "The request target contains bytes that are not ASCII: percent-encode them."
        case .fragment: "The request target contains a number sign: percent-encode it."
        case .backslash: "The request target contains a backslash."
        case .emptySegment: "The path contains an empty segment (two slashes in a row)."
        case .dotSegment: "The path contains a . or .. segment."
        case .malformedEncoding: "The request target contains a percent sign without two hexadecimal digits behind it."
        case .encodedControl: "The request target contains an encoded NUL, or its path an encoded line break."
        case .overlongEncoding: "The path contains an overlong UTF-8 encoding."
        case .encodedSlash: "The path contains an encoded slash or backslash, which is not permitted here."
        }
    }
}
