import Limits

/// Tests name keys by one word.
extension LimitKey: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self = .api(value) }
}
