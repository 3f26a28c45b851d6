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
    static func json(in folder: String) -> [String] {
        entries(of: folder).sorted().flatMap { name -> [String] in
            let path = folder + "/" + name
            if name.hasSuffix(".json") { return [path] }
            return name.contains(".") ? [] : json(in: path)
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
        guard let file = fopen(path, "rb") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = fread(&chunk, 1, chunk.count, file)
            guard count > 0 else { break }
            bytes += chunk[..<count]
        }
        return try? JSON.parse(bytes, limits: JSONLimits(depth: 512))
    }
}
