/// How one field of a form is written, where it is not as the form's type has it by default.
package struct FieldEncoding: Sendable, Hashable {
    /// What lists and objects become (OpenAPI 3.1, section 4.8.15).
    package enum Style: Sendable, Hashable {
        /// A list one field for each element, an object one of JSON.
        case plain
        /// Likewise, but an object one field for each member, by the members' names.
        case spread
        /// One field, with this between elements, or between names and values.
        case joined(separator: Character)
        /// Fields of their own, `name[key]` and `name[]`.
        case deep
    }

    /// Whether the value is base64 of the bytes of a file.
    package var isFile = false
    /// What a part of `multipart/form-data` says that it is.
    package var type: String?
    package var style = Style.plain
    /// The arguments beside a file's that hold its name and its type; nil where it has none.
    package var nameArgument: String?
    package var typeArgument: String?

    package init(isFile: Bool = false, type: String? = nil, style: Style = .plain) {
        self.isFile = isFile
        self.type = type
        self.style = style
    }
}
