import Drafts
import Value

/// One invocation of curl, read from its words.
struct CurlCommand {
    private(set) var urls: [String] = []
    private(set) var headers: [CallField] = []
    /// Whether `-u` or its like gives a credential, and of what kind.
    private(set) var schemes: [CredentialScheme] = []
    private(set) var secrets: [String] = []
    /// Codes and messages of what was passed over.
    private(set) var notes: [(effect: Finding.Effect, code: String, message: String)] = []
    private var requested: String?
    private var data: [String] = []
    private var urlQuery: [String] = []
    private var forms: [CallField] = []
    private var usesQuery = false
    private var isHead = false
    private var isUpload = false
    private var isJSON = false
    private var readsFile = false

    /// Of one command. What it sends counts for each of its URLs.
    private static let mostURLs = 16
    private static let mostFields = 500

    /// - Parameters:
    ///   - words: behind the name of the command, up to `--next`.
    ///   - input: what `@-` reads.
    init(_ words: ArraySlice<String>, input: String?) {
        var rest = words
        var isOptions = true
        while let word = rest.popFirst() {
            if isOptions, word == "--" {
                isOptions = false
            } else if isOptions, word.hasPrefix("--") {
                takeLong(String(word.dropFirst(2)), &rest, input)
            } else if isOptions, word.hasPrefix("-"), word.count > 1 {
                takeShort(word.dropFirst(), &rest, input)
            } else {
                take(url: word)
            }
        }
    }

    private mutating func take(url: String) {
        guard urls.count < Self.mostURLs else {
            return note(.leftOut, "too_many_urls", "Of a command's URLs only the first \(Self.mostURLs) were read.")
        }
        urls.append(url)
    }

    private mutating func take(_ field: CallField, into fields: WritableKeyPath<CurlCommand, [CallField]>) {
        guard self[keyPath: fields].count < Self.mostFields else {
            return note(.change, "too_many_fields", "Of a command only the first \(Self.mostFields) fields were read.")
        }
        self[keyPath: fields].append(field)
    }

    private mutating func take(_ scheme: CredentialScheme) {
        if !schemes.contains(scheme) { schemes.append(scheme) }
    }

    private mutating func takeLong(_ word: String, _ rest: inout ArraySlice<String>, _ input: String?) {
        let parts = word.split(separator: "=", maxSplits: 1)
        let name = parts.first.map(String.init) ?? word
        guard CurlOptions.withValue.contains(name) else { return takeFlag(name) }
        guard let value = parts.count == 2 ? String(parts[1]) : rest.popFirst() else {
            return note(.note, "option_incomplete", "The option --\(name) has no value.")
        }
        take(name, value, input)
    }

    /// `-XPOST`, `-sSL`, `-H value`.
    private mutating func takeShort(_ letters: Substring, _ rest: inout ArraySlice<String>, _ input: String?) {
        var letters = letters
        while let letter = letters.popFirst() {
            guard let name = CurlOptions.short[letter], CurlOptions.withValue.contains(name) else {
                if let name = CurlOptions.short[letter] {
                    takeFlag(name)
                } else if !CurlOptions.shortWithoutMeaning.contains(letter) {
                    // What follows may be its value.
                    return note(.note, "option_unknown", "The option -\(letter) is not known.")
                }
                continue
            }
            guard let value = letters.isEmpty ? rest.popFirst() : String(letters) else {
                return note(.note, "option_incomplete", "The option -\(letter) has no value.")
            }
            return take(name, value, input)
        }
    }

    private mutating func takeFlag(_ name: String) {
        switch name {
        case "get": usesQuery = true
        case "head": isHead = true
        case "insecure":
            note(.note, "certificate_unverified", "The command does not verify certificates (-k); the draft does.")
        case "digest", "ntlm", "negotiate":
            schemes.removeAll { $0 == .basic }
            take(.unsupported(name))
        default:
            guard !CurlOptions.withoutMeaning.contains(name), !name.hasPrefix("no-") else { return }
            note(.note, "option_unknown", "The option \("--\(name)".quotedForMessage) is not known.")
        }
    }

    private mutating func take(_ name: String, _ value: String, _ input: String?) {
        switch name {
        case "request": requested = value.uppercased()
        case "url": take(url: value)
        case "header": takeHeader(value)
        case "json":
            isJSON = true
            takeData(value, input)
        case "data", "data-ascii", "data-binary": takeData(value, input)
        case "data-raw": data.append(value)
        case "data-urlencode": takeEncoded(value)
        case "url-query": urlQuery.append(value.hasPrefix("+") ? String(value.dropFirst()) : value)
        case "form", "form-string": takeForm(value, isString: name == "form-string")
        case "user":
            secrets.append(value)
            if !schemes.contains(where: { if case .unsupported = $0 { true } else { false } }) {
                take(.basic)
            }
        case "oauth2-bearer":
            secrets.append(value)
            take(.bearer)
        case "aws-sigv4": take(.unsupported("AWS Signature"))
        case "cookie": if value.contains("=") { take(CallField("Cookie", value), into: \.headers) }
        case "upload-file":
            isUpload = true
            noteFile()
        case "cert":
            note(.note, "client_certificate", "The command shows a client's certificate: see \"client_certificate\".")
        case "proxy", "proxy-user", "proxy-header", "pass", "key", "config": secrets.append(value)
        default: break
        }
    }

    private mutating func takeHeader(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else {
            if text.hasPrefix("@") { note(.change, "file_not_read", "Headers are in a file, which was not opened.") }
            return
        }
        let name = text[..<colon].filter { $0 != " " }
        let value = text[text.index(after: colon)...].drop { $0 == " " }
        take(CallField(name, String(value)), into: \.headers)
    }

    private mutating func takeData(_ value: String, _ input: String?) {
        guard value.hasPrefix("@") else { return data.append(value) }
        if value == "@-", let input { return data.append(input) }
        noteFile()
    }

    private mutating func noteFile() {
        guard !readsFile else { return }
        readsFile = true
        note(.change, "file_not_read", "The body is in a file, which was not opened; what it holds is not known.")
    }

    /// `content`, `=content`, `name=content`, `@file`, `name@file`.
    private mutating func takeEncoded(_ value: String) {
        guard let mark = value.firstIndex(where: { $0 == "=" || $0 == "@" }) else { return data.append(value) }
        if value[mark] == "@" {
            noteFile()
            if mark > value.startIndex { data.append(value[..<mark] + "=") }
            return
        }
        let name = value[..<mark]
        let content = value[value.index(after: mark)...].map { "&=+%#".contains($0) ? "_" : $0 }
        data.append(name.isEmpty ? String(content) : name + "=" + String(content))
    }

    private mutating func takeForm(_ value: String, isString: Bool) {
        guard let mark = value.firstIndex(of: "=") else { return }
        let content = value[value.index(after: mark)...]
        let isFile = !isString && (content.hasPrefix("@") || content.hasPrefix("<"))
        take(CallField(String(value[..<mark]), isFile ? nil : String(content), isFile: isFile), into: \.forms)
    }

    private mutating func note(_ effect: Finding.Effect, _ code: String, _ message: String) {
        guard notes.count < 50, !notes.contains(where: { $0.message == message }) else { return }
        notes.append((effect, code, message))
    }

    var method: String {
        if let requested { return requested }
        if isHead { return "HEAD" }
        if isUpload { return "PUT" }
        return (data.isEmpty && forms.isEmpty && !readsFile && !isJSON) || usesQuery ? "GET" : "POST"
    }

    /// What `-G` and its like add to the URL.
    var query: [CallField] {
        (urlQuery + (usesQuery ? data : [])).flatMap { TextValue.fields($0) }
    }

    var body: CallBody? {
        if !forms.isEmpty { return .multipart(forms) }
        let written = headers.last { $0.name.lowercased() == "content-type" }?.text
        let type = written ?? (isJSON ? "application/json" : "application/x-www-form-urlencoded")
        if usesQuery { return nil }
        if readsFile {
            let essence = MediaType.essence(type)
            return .other(type: written == nil && !isJSON ? "application/octet-stream" : essence)
        }
        return data.isEmpty ? nil : CallBody(isJSON ? data.joined() : data.joined(separator: "&"), type: type)
    }
}
