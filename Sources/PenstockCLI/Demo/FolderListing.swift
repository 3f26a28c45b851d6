#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is in a folder.
enum FolderListing {
    /// The paths of its regular files, without those of folders inside it.
    static func files(in folder: String) -> [String] {
        entries(of: folder).filter { kind($0) == S_IFREG }
    }

    /// Removes a folder and what is in it; links are removed, not followed.
    static func removeAll(_ folder: String) {
        for path in entries(of: folder) {
            if kind(path) == S_IFDIR { removeAll(path) } else { unlink(path) }
        }
        rmdir(folder)
    }

    private static func kind(_ path: String) -> mode_t? {
        var status = stat()
        return lstat(path, &status) == 0 ? status.st_mode & S_IFMT : nil
    }

    private static func entries(of folder: String) -> [String] {
        guard let stream = opendir(folder) else { return [] }
        defer { closedir(stream) }
        var paths: [String] = []
        while let entry = readdir(stream) {
            let capacity = MemoryLayout.size(ofValue: entry.pointee.d_name)
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: capacity) { String(cString: $0) }
            }
            if name != ".", name != ".." { paths.append("\(folder)/\(name)") }
        }
        return paths
    }
}
