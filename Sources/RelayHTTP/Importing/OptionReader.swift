import Failure
import Hummingbird
import Importing
import OpenAPI
import Value

/// Reads named options wherever they stand: in a JSON object, in the fields of a form, or in a query. What was not read
/// is unknown, and a mistake.
struct OptionReader {
    private var values: JSONObject
    /// Texts in a form or a query: lists are written with commas.
    private let isText: Bool
    private let place: JSONPointer

    init(_ object: JSONObject, at place: JSONPointer = .root) {
        values = object
        isText = false
        self.place = place
    }

    init(_ form: MultipartForm) {
        values = JSONObject()
        isText = true
        place = .root
        for part in form.parts where part.fileName == nil {
            values[part.name] = .string(String(decoding: part.bytes, as: UTF8.self))
        }
    }

    init(query: Parameters) {
        values = JSONObject()
        isText = true
        place = .root
        for (name, value) in query { values[String(name)] = .string(String(value)) }
    }

    private mutating func take(_ name: String) -> JSON? {
        defer { values[name] = nil }
        guard let value = values[name], !value.isNull else { return nil }
        return value
    }

    mutating func text(_ name: String) throws(CallFailure) -> String? {
        guard let value = take(name) else { return nil }
        guard let text = value.string else { throw wrong(name, "This must be a string, not \(value.typeName).") }
        return text
    }

    mutating func flag(_ name: String) throws(CallFailure) -> Bool? {
        guard let value = take(name) else { return nil }
        if let flag = value.bool { return flag }
        switch value.string {
        case "true" where isText: return true
        case "false" where isText: return false
        default: throw wrong(name, "This must be true or false.")
        }
    }

    mutating func list(_ name: String) throws(CallFailure) -> Set<String> {
        guard let value = take(name) else { return [] }
        if isText, let text = value.string { return Set(text.split(separator: ",").map(String.init)) }
        guard let elements = value.array else { throw wrong(name, "This must be a list of strings.") }
        var list: Set<String> = []
        for element in elements {
            guard let text = element.string else { throw wrong(name, "This must be a list of strings.") }
            list.insert(text)
        }
        return list
    }

    mutating func filter() throws(CallFailure) -> OperationSelection.Filter {
        OperationSelection.Filter(
            tags: try list("tags"), paths: try list("paths").sorted(), methods: try list("methods"),
            operationIDs: try list("operation_ids"))
    }

    mutating func nested(_ name: String) throws(CallFailure) -> OptionReader? {
        guard let value = take(name) else { return nil }
        guard let object = value.object else { throw wrong(name, "This must be an object.") }
        return OptionReader(object, at: place.appending(name))
    }

    /// A document: as a value, or as the text of a file.
    mutating func documents(_ name: String) throws(CallFailure) -> ImportSource? {
        guard let value = take(name) else { return nil }
        if let text = value.string {
            return ImportSource(files: [ImportFile(name: "document", bytes: Array(text.utf8))])
        }
        guard value.object != nil else {
            throw wrong(name, "This must be a document: an object, or a file's text as a string.")
        }
        return ImportSource(files: [ImportFile(name: "document", bytes: value.bytes())], hasPlaces: false)
    }

    /// Texts of files by their names.
    mutating func files(_ name: String) throws(CallFailure) -> [ImportFile]? {
        guard let value = take(name) else { return nil }
        guard let object = value.object, (1...ImportRequest.mostFiles).contains(object.count) else {
            throw wrong(
                name, "This must be an object of at most \(ImportRequest.mostFiles) files' texts by their names.")
        }
        var files: [ImportFile] = []
        for (file, value) in object {
            let bytes =
                if let text = value.string { Array(text.utf8) } else { value.bytes() }
            files.append(ImportFile(name: try ImportRequest.fileName(file), bytes: bytes))
        }
        return files
    }

    func finish() throws(CallFailure) {
        guard !values.isEmpty else { return }
        throw CallFailure(
            .invalidRequest, stage: .validation, detail: "The request holds unknown members.",
            violations: values.keys.map {
                .init(pointer: place.appending($0).description, message: "There is no such member.")
            })
    }

    private func wrong(_ name: String, _ message: String) -> CallFailure {
        ImportRequest.wrong(place.appending(name).description, message)
    }
}
