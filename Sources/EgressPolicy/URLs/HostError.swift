/// Why a host was refused. Neither the code nor the sentence repeats the text.
package struct HostError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Error, Sendable, Hashable, CaseIterable {
        case empty, tooLong, labelTooLong, emptyLabel, trailingDot, hyphen, userInfo, backslash, percentEncoded,
            nonASCII
        case controlOrSpace, colon, badCharacter, numericForm, badIPv6, zone
    }

    package let code: Code

    init(_ code: Code) { self.code = code }

    package var description: String {
        switch code {
        case .empty: "The host is missing."
        case .tooLong: "The host name is longer than 253 characters."
        case .labelTooLong: "The host name has a label longer than 63 characters."
        case .emptyLabel: "The host name has two dots in a row or starts with a dot."
        case .trailingDot: "The host name ends in a dot: write it without."
        case .hyphen: "A label of the host name starts or ends with a hyphen."
        case .userInfo: "A user name or password stands before the host: credentials belong in the authentication part."
        case .backslash: "The host contains a backslash."
        case .percentEncoded: "The host contains percent encoding: write the name itself."
        case .nonASCII: "The host contains non-ASCII characters: write the punycode form (xn--…)."
        case .controlOrSpace: "The host contains a space or a control character."
        case .colon: "The host contains a colon: IPv6 addresses are written in brackets."
        case .badCharacter: "The host contains a character that no host name has."
        case .numericForm:
            "The host is a number but not a plain IPv4 address: write four decimal numbers, as 192.0.2.1."
        case .badIPv6: "The host is in brackets but not an IPv6 address."
        case .zone: "The IPv6 address has a zone id, which means nothing to another machine."
        }
    }
}
