import Value

/// The values that `credentials set` was given: by field, or one whose field the API's type tells.
struct CredentialValues {
    private(set) var named = JSONObject()
    private(set) var unnamed: String?

    /// Reads files and variables, or standard input when neither is named.
    static func read(files: [String], variables: [String]) throws(CommandFailure) -> CredentialValues {
        var values = CredentialValues()
        for source in files {
            let (field, path) = split(source)
            try values.add(UserFile.text(path), field, from: path)
        }
        for source in variables {
            let (field, name) = split(source)
            guard let text = Environment.values(of: [name])[name] else {
                throw CommandFailure(.usage, "the variable \(name.quotedForMessage) is not set")
            }
            try values.add(text, field, from: name)
        }
        if files.isEmpty, variables.isEmpty { values.unnamed = try Terminal.secret("Value") }
        return values
    }

    /// The one secret field that an API's authentication type has.
    static func onlyField(of definition: JSON) throws(CommandFailure) -> String {
        let type = (definition["custom_api"] ?? definition)["authentication"]?["type"]?.string
        switch type {
        case "api_key": return "key"
        case "bearer_token": return "token"
        case "url_secret": return "secret"
        case "custom_header": throw unclear("--from-file header_0=FILE")
        case "basic_auth": throw unclear("--from-file username=FILE --from-file password=FILE")
        case "oauth2": throw unclear("--from-file client_id=FILE --from-file client_secret=FILE")
        case nil, "none"?: throw CommandFailure(.usage, "this API's authentication type is none: it has no credentials")
        case _?: throw unclear("--from-file FIELD=FILE")
        }
    }

    private static func unclear(_ example: String) -> CommandFailure {
        CommandFailure(.usage, "this API has several secrets: name the field of each", notes: ["As in: \(example)"])
    }

    private mutating func add(_ text: String, _ field: String?, from source: String) throws(CommandFailure) {
        guard !text.isEmpty else { throw CommandFailure(.usage, "\(source) is empty") }
        if let field {
            guard named.add(field, .string(text)) == nil else {
                throw CommandFailure(.usage, "the field \(field) is given twice")
            }
        } else {
            guard unnamed == nil else { throw CommandFailure(.usage, "several values need field names") }
            unnamed = text
        }
    }

    /// `field=source`; a path with a `=` can be written `./a=b`.
    private static func split(_ text: String) -> (field: String?, source: String) {
        guard let mark = text.firstIndex(of: "="), mark != text.startIndex else { return (nil, text) }
        let field = text[..<mark]
        let isName = field.utf8.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || $0 == UInt8(ascii: "_")
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
        }
        return isName ? (String(field), String(text[text.index(after: mark)...])) : (nil, text)
    }
}
