#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import Value

/// Reads the suites' files.
enum Files {
    /// The paths of all JSON files in a folder and those below it, in order.
    static func json(in folder: String) -> [String] { all(in: folder, endings: [".json"]) }

    /// The paths of the files that end so in a folder and those below it, in order.
    static func all(in folder: String, endings: [String]) -> [String] {
        entries(of: folder).sorted().flatMap { name -> [String] in
            let path = folder + "/" + name
            var status = stat()
            guard lstat(path, &status) == 0 else { return [] }
            if status.st_mode & S_IFMT == S_IFDIR { return all(in: path, endings: endings) }
            return endings.contains { name.lowercased().hasSuffix($0) } ? [path] : []
        }
    }

    private static func entries(of folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: pointer.pointee)) {
                    String(cString: $0)
                }
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names
    }

    /// The document in a file; nil when there is none.
    static func read(_ path: String) -> JSON? {
        bytes(path).flatMap { try? JSON.parse($0, limits: JSONLimits(depth: 512)) }
    }

    /// How many bytes a file has.
    static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }

    /// A file's bytes; nil when there is none.
    static func bytes(_ path: String) -> [UInt8]? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, let file = fopen(path, "rb") else {
            return nil
        }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return bytes
    }
}
