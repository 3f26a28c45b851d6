#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Paths of files, as text.
enum Path {
    /// The folder a file is in: `.` for a bare name.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// `path`, which counts from `folder` unless it begins at the root.
    static func resolve(_ path: String, from folder: String) -> String {
        path.hasPrefix("/") || folder == "." || folder.isEmpty ? path : "\(folder)/\(path)"
    }

    /// `path`, from the root.
    static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), let buffer = getcwd(nil, 0) else { return path }
        defer { free(buffer) }
        return resolve(path, from: String(cString: buffer))
    }
}
