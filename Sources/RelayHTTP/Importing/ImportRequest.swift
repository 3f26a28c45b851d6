import EgressPolicy
import Failure
import HTTPTypes
import Hummingbird
import Importing
import NIOCore
import OpenAPI
import Value

/// What `:import` is asked for: the source and what is wanted of it. As one JSON object with `document`, `files` or
/// `url`, as an upload (`multipart/form-data`), or as a bare document with the options in the query.
struct ImportRequest {
    /// Where the description is.
    enum Origin {
        case source(ImportSource)
        case url(String)
    }

    var origin: Origin
    var options = ImportOptions()
    /// The older document, for an API whose last import is not known.
    var base: ImportSource?
    /// Whether what comes of it is stored.
    var saves = false
    /// The id or the name of the tunnel that calls are to go through.
    var tunnel: String?
    /// Whether each server of the document becomes a draft of its own.
    var splits = false

    /// - Parameters:
    ///   - bytes: the body.
    ///   - head: what came before it.
    init(_ bytes: [UInt8], _ head: Request) throws(CallFailure) {
        let type = head.headers[.contentType] ?? ""
        var reader: OptionReader
        if let boundary = MultipartForm.boundary(type) {
            guard let form = MultipartForm(bytes, boundary: boundary) else {
                throw Self.wrong("", "The body is not the form that its content type promises.")
            }
            reader = OptionReader(form)
            var files: [ImportFile] = []
            for part in form.parts where part.fileName != nil {
                let name = try Self.fileName(part.fileName ?? "")
                files.append(ImportFile(name: name, bytes: Array(part.bytes)))
            }
            guard !files.isEmpty else { throw Self.wrong("", "The form holds no file.") }
            origin = .source(ImportSource(files: files, root: try reader.text("root")))
        } else if let object = Self.object(bytes, type) {
            reader = OptionReader(object)
            origin = try Self.origin(&reader)
        } else {
            guard !bytes.isEmpty else {
                throw Self.wrong("", "The body is empty. Send a document, or {\"url\": …}.")
            }
            reader = OptionReader(query: head.uri.queryParameters)
            origin = .source(ImportSource(files: [ImportFile(name: "document", bytes: bytes)]))
        }
        base = try reader.documents("base")
        saves = try reader.flag("save") ?? false
        options.name = try reader.text("name")
        options.baseURL = try reader.text("base_url")
        // Of a document's own servers this is a finding; of what the caller asks for it is a mistake.
        if let url = options.baseURL, (try? BaseURL(url)) == nil {
            throw Self.wrong("/base_url", "This is no base URL, such as https://api.example.com/v1.")
        }
        if let url = try reader.text("token_url") {
            guard let usable = ImportOptions.tokenURL(url) else {
                throw Self.wrong("/token_url", "This is no token endpoint, such as https://auth.example.com/token.")
            }
            options.tokenURL = usable
        }
        tunnel = try reader.text("tunnel")
        splits = try reader.flag("split_servers") ?? false
        if let server = try reader.text("server") {
            guard let origin = (try? BaseURL(server))?.origin else {
                throw Self.wrong("/server", "This is no server, such as https://files.example.com.")
            }
            options.server = origin
        }
        options.selection.include = try reader.filter()
        if var excluded = try reader.nested("exclude") {
            options.selection.exclude = try excluded.filter()
            try excluded.finish()
        }
        options.selection.includesDeprecated = try reader.flag("deprecated") ?? true
        try reader.finish()
    }

    /// The body where it is a request and not itself a document.
    private static func object(_ bytes: [UInt8], _ type: String) -> JSONObject? {
        guard type.isEmpty || type.lowercased().hasPrefix("application/json"),
            let object = (try? JSON.parse(bytes))?.object
        else { return nil }
        let isRequest = ["document", "files", "url"].contains { object[$0] != nil }
        let isDocument = ["openapi", "swagger", "info", "log"].contains { object[$0] != nil }
        return isRequest && !isDocument ? object : nil
    }

    private static func origin(_ reader: inout OptionReader) throws(CallFailure) -> Origin {
        let url = try reader.text("url")
        guard url?.utf8.count ?? 0 <= longestURL else {
            throw wrong("/url", "A URL is at most \(longestURL) bytes long.")
        }
        let document = try reader.documents("document")
        let files = try reader.files("files")
        let root = try reader.text("root")
        switch (url, document, files) {
        case (let url?, nil, nil): return .url(url)
        case (nil, let document?, nil): return .source(document)
        case (nil, nil, let files?): return .source(ImportSource(files: files, root: root))
        default: throw wrong("", "Give exactly one of \"document\", \"files\" and \"url\".")
        }
    }

    /// Files of one import.
    static let mostFiles = 1000
    private static let longestName = 1024
    private static let longestURL = 8192

    /// A file's name: each reference is resolved against that of its own file.
    static func fileName(_ name: String) throws(CallFailure) -> String {
        guard name.utf8.count <= longestName else {
            throw wrong("", "The name of a file is longer than \(longestName) bytes.")
        }
        return name
    }

    static func wrong(_ pointer: String, _ message: String) -> CallFailure {
        CallFailure(
            .invalidRequest, stage: .validation, detail: pointer.isEmpty ? message : "A member is not valid.",
            violations: pointer.isEmpty ? [] : [.init(pointer: pointer, message: message)])
    }
}
