/// A name in a query, a header or a form, with what stood there.
struct CallField {
    var name: String
    /// Used to tell its type, and never kept; nil where there is none.
    var text: String?
    var description: String?
    /// Nil where the source does not say.
    var isRequired: Bool?
    /// Whether the field is the content of a file.
    var isFile = false

    init(
        _ name: String, _ text: String? = nil, description: String? = nil, isRequired: Bool? = nil, isFile: Bool = false
    ) {
        self.name = name
        self.text = text
        self.description = description
        self.isRequired = isRequired
        self.isFile = isFile
    }
}
