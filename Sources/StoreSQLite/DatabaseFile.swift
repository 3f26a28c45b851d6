import Registry

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The database's file, before SQLite opens it.
enum DatabaseFile {
    /// Creates the file if it is not there, and sees to mode 0600, which SQLite's companion files then have too.
    static func prepare(_ path: String) throws(StoreError) {
        let created = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        if created >= 0 {
            close(created)
            syncFolder(of: path)
            return
        }
        guard errno == EEXIST else {
            throw StoreError(
                errno == ENOSPC ? .full : .io,
                "The database \(path) cannot be created: \(String(cString: strerror(errno))).")
        }
        chmod(path, 0o600)
    }

    /// Whether the file has any content yet.
    static func isWritten(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_size > 0
    }

    /// Makes the new file's name durable.
    private static func syncFolder(of path: String) {
        let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        fsync(descriptor)
        close(descriptor)
    }
}
