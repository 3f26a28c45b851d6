import Registry

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The database's file, before SQLite opens it.
enum DatabaseFile {
    /// Creates the file if it is not there, and sees to mode 0600, which SQLite's companion files then have too.
    ///
    /// - Returns: whether it is new.
    @discardableResult
    static func prepare(_ path: String) throws(StoreError) -> Bool {
        let created = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if created >= 0 {
            close(created)
            syncFolder(of: path)
            return true
        }
        guard errno == EEXIST else {
            throw StoreError(
                errno == ENOSPC ? .full : .io,
                "The database \(path) cannot be created: \(String(cString: strerror(errno))).")
        }
        chmod(path, 0o600)
        return false
    }

    /// Whether the file has any content yet.
    static func isWritten(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_size > 0
    }

    /// Whether there is anything of that name.
    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    /// Names in the file's folder; none when there is no such folder.
    static func folderContents(of path: String) -> [String] {
        guard let folder = opendir(folder(of: path)) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Puts a file's content on the disk.
    static func sync(_ path: String) throws(StoreError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("read", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("written", path) }
    }

    /// Gives a file its name, in place of what has it now, durably.
    static func move(_ path: String, to name: String) throws(StoreError) {
        guard rename(path, name) == 0 else { throw failure("moved", name) }
        syncFolder(of: name)
    }

    private static func failure(_ done: String, _ path: String) -> StoreError {
        StoreError(
            errno == ENOSPC ? .full : .io, "The file \(path) cannot be \(done): \(String(cString: strerror(errno))).")
    }

    private static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    }

    /// Makes the new file's name durable.
    private static func syncFolder(of path: String) {
        let descriptor = open(folder(of: path), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
