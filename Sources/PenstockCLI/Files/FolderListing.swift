#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// What is in a folder.
enum FolderListing {
    /// The paths of its regular files, without those of folders inside it.
    static func files(in folder: String) -> [String] {
        entries(of: folder).filter { !isFolder($0) }
    }

    /// The paths of the folders in it; links to folders are none.
    static func folders(in folder: String) -> [String] {
        entries(of: folder).filter(isFolder)
    }

    /// Removes a folder and what is in it; links are removed, not followed.
    static func removeAll(_ folder: String) {
        for path in entries(of: folder) {
            if isFolder(path) { removeAll(path) } else { unlink(path) }
        }
        rmdir(folder)
    }

    /// Whether a folder is there; a link to one is none. Asked of `open`: whose module `stat` belongs to depends on what
    /// else is linked.
    static func isFolder(_ path: String) -> Bool {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        close(descriptor)
        return true
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
