import Value

/// What an import sends: files, or the URL of one, and options.
struct ImportUpload: Sendable {
    /// The name that files are sent under, and their bytes.
    private(set) var files: [(name: String, bytes: [UInt8])] = []
    private(set) var url: String?

    private static let mostBytes = 48 << 20

    /// - Parameter arguments: files, folders, `-`, or one URL.
    /// - Throws: ``CommandFailure`` with code 2.
    init(_ arguments: [String]) throws(CommandFailure) {
        if let first = arguments.first(where: { $0.hasPrefix("https://") || $0.hasPrefix("http://") }) {
            guard arguments.count == 1 else { throw CommandFailure(.usage, "give a URL alone, without other sources") }
            url = first
            return
        }
        for argument in arguments {
            if argument == "-" {
                files.append(("standard input", try Terminal.input(limit: Self.mostBytes)))
            } else if FolderListing.isFolder(argument) {
                let folder = argument.hasSuffix("/") ? String(argument.dropLast()) : argument
                let paths = Self.paths(in: folder, depth: 8)
                guard !paths.isEmpty else {
                    throw CommandFailure(.usage, "the folder \(argument.quotedForMessage) holds no document")
                }
                for path in paths {
                    files.append(
                        (String(path.dropFirst(folder.count + 1)), try UserFile.bytes(path, limit: Self.mostBytes)))
                }
            } else {
                files.append((argument, try UserFile.bytes(argument, limit: Self.mostBytes)))
            }
            guard files.reduce(0, { $0 + $1.bytes.count }) <= Self.mostBytes else {
                throw CommandFailure(.usage, "the files hold more than \(Self.mostBytes >> 20) MiB together")
            }
        }
    }

    private static let kinds = [".yaml", ".yml", ".json", ".har"]

    /// Documents in a folder and those inside it, in order.
    private static func paths(in folder: String, depth: Int) -> [String] {
        var paths = FolderListing.files(in: folder).filter { path in kinds.contains { path.hasSuffix($0) } }
        if depth > 0 {
            for inner in FolderListing.folders(in: folder) { paths += self.paths(in: inner, depth: depth - 1) }
        }
        return paths.sorted()
    }

    /// The body of the request (RFC 7578), and its type.
    ///
    /// - Parameter options: as the relay reads them from a form: lists with commas.
    func body(_ options: [(name: String, value: String)]) -> (type: String, bytes: [UInt8]) {
        let boundary = "penstock-" + RandomText.make().prefix(32)
        var bytes: [UInt8] = []
        func part(_ disposition: String, _ content: [UInt8]) {
            bytes += Array("--\(boundary)\r\nContent-Disposition: form-data; \(disposition)\r\n\r\n".utf8)
            bytes += content
            bytes += Array("\r\n".utf8)
        }
        for option in options { part("name=\"\(option.name)\"", Array(option.value.utf8)) }
        for file in files { part("name=\"file\"; filename=\"\(Self.quoted(file.name))\"", file.bytes) }
        bytes += Array("--\(boundary)--\r\n".utf8)
        return ("multipart/form-data; boundary=\(boundary)", bytes)
    }

    /// The options with the URL, for a body of JSON.
    func object(_ options: [(name: String, value: String)], lists: Set<String>) -> JSON {
        var object = JSONObject([("url", .string(url ?? ""))])
        for option in options {
            if lists.contains(option.name) {
                object[option.name] = .array(option.value.split(separator: ",").map { .string(String($0)) })
            } else if ["save", "deprecated", "split_servers"].contains(option.name) {
                object[option.name] = .bool(option.value == "true")
            } else {
                object[option.name] = .string(option.value)
            }
        }
        return .object(object)
    }

    private static func quoted(_ name: String) -> String {
        var text = ""
        for character in name where character != "\r" && character != "\n" && character != "\r\n" {
            if character == "\"" || character == "\\" { text.append("\\") }
            text.append(character)
        }
        return text
    }
}
