/// How one parameter is written: OpenAPI's `in`, `style`, `explode` and `allowReserved`, checked to go together.
package struct ParameterFormat: Sendable, Hashable {
    package let name: String
    package let location: ParameterLocation
    package let style: ParameterStyle
    /// Whether items and properties stand apart.
    package let explode: Bool
    /// Whether reserved characters stay as they are; in a query only, as in OpenAPI 3.1.
    package let allowsReserved: Bool
    /// Whether a path argument may hold `/` and `\`, encoded (S6).
    package let allowsSlash: Bool

    /// - Parameters:
    ///   - style: nil for the location's default.
    ///   - explode: nil for the style's default.
    /// - Throws: `RuleError` for a style that the location does not have, a name that cannot stand there, and a header
    ///   that no argument may set (S8).
    package init(
        _ name: String, in location: ParameterLocation, style: ParameterStyle? = nil, explode: Bool? = nil,
        allowsReserved: Bool = false, allowsSlash: Bool = false
    ) throws(RuleError) {
        let style = style ?? location.defaultStyle
        guard location.styles.contains(style) else {
            let known = location.styles.map(\.rawValue).joined(separator: ", ")
            throw RuleError(style.rawValue, "is not a style of \(location.rawValue) parameters: use \(known)")
        }
        guard ParameterFormat.isName(name, in: location) else {
            throw RuleError(name, "cannot be the name of a \(location.rawValue) parameter")
        }
        if location == .header, HeaderRules.isReservedInRequests(name) {
            throw RuleError(name, "is a header that arguments cannot set")
        }
        self.name = name
        self.location = location
        self.style = style
        self.explode = explode ?? style.explodesByDefault
        self.allowsReserved = allowsReserved && location == .query
        self.allowsSlash = allowsSlash
    }

    static func isName(_ name: String, in location: ParameterLocation) -> Bool {
        switch location {
        case .header, .cookie: HeaderRules.isValidFieldName(name)
        case .path, .query: !name.isEmpty && name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7f }
        }
    }
}
