/// How one field of a form is written, where it is not as the form's type has it by default.
package struct FieldEncoding: Sendable, Hashable {
    /// Whether the value is base64 of the bytes of a file.
    package var isFile = false
    /// What a part of `multipart/form-data` says that it is.
    package var type: String?
    /// Whether objects and lists become fields of their own, `name[key]` and `name[]`.
    package var isDeep = false
    /// Whether a list is one field, with commas between its elements.
    package var isJoined = false

    package init(isFile: Bool = false, type: String? = nil, isDeep: Bool = false, isJoined: Bool = false) {
        self.isFile = isFile
        self.type = type
        self.isDeep = isDeep
        self.isJoined = isJoined
    }
}
