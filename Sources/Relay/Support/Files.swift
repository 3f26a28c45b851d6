import Glibc

func fileExists(_ path: String) -> Bool {
    access(path, F_OK) == 0
}

/// Makes a folder that only this user can enter, and its parents.
func makePrivateFolder(_ path: String) throws(RelayError) {
    var parent = ""
    for part in path.split(separator: "/", omittingEmptySubsequences: true) {
        parent += (parent.isEmpty && !path.hasPrefix("/") ? "" : "/") + part
        guard !fileExists(parent) else { continue }
        guard mkdir(parent, 0o700) == 0 || errno == EEXIST else {
            throw RelayError("The folder \(parent) cannot be made: \(String(cString: strerror(errno))).")
        }
    }
    guard access(path, W_OK | X_OK) == 0 else {
        throw RelayError("The folder \(path) cannot be written to: \(String(cString: strerror(errno))).")
    }
}

/// Writes a new file that only this user can read.
func writePrivateFile(_ text: String, to path: String) throws(RelayError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
        throw RelayError("The file \(path) cannot be made: \(String(cString: strerror(errno))).")
    }
    defer { close(descriptor) }
    let bytes = Array(text.utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count, fsync(descriptor) == 0 else {
        let reason = String(cString: strerror(errno))
        unlink(path)
        throw RelayError("The file \(path) cannot be written: \(reason).")
    }
}

/// Makes the names in a file's folder durable.
func syncFolder(of path: String) throws(RelayError) {
    let folder = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else {
        throw RelayError("The folder \(folder) cannot be opened: \(String(cString: strerror(errno))).")
    }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
        throw RelayError("The folder \(folder) cannot be written: \(String(cString: strerror(errno))).")
    }
}
