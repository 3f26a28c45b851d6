#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Files that only their owner may read (mode 0600, folders 0700).
enum PrivateFile {
    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Creates a folder and those above it; what is there stays as it is.
    static func makeFolder(_ path: String) throws(CommandFailure) {
        guard !exists(path) else { return }
        let above = Path.folder(of: path)
        if above != path { try makeFolder(above) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST else { throw failure("create the folder", path) }
    }

    /// Creates a file, which must not exist yet, and opens it to write.
    static func create(_ path: String) throws(CommandFailure) -> Int32 {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else {
            if errno == EEXIST {
                throw CommandFailure(
                    .usage, "\(path) exists already", notes: ["Name another file, or remove this one first."])
            }
            throw failure("create", path)
        }
        return descriptor
    }

    /// Creates a file, which must not exist yet, with `text` in it.
    static func write(_ text: String, to path: String) throws(CommandFailure) {
        let descriptor = try create(path)
        defer { close(descriptor) }
        guard Descriptor.write(text, to: descriptor) else { throw failure("write", path) }
    }

    /// Puts `text` in the place of what the file held, at once: a reader sees the old content or the new.
    static func replace(_ path: String, with text: String) throws(CommandFailure) {
        let temporary = "\(path).\(getpid()).new"
        unlink(temporary)
        let descriptor = try create(temporary)
        let isWritten = Descriptor.write(text, to: descriptor) && fsync(descriptor) == 0
        close(descriptor)
        guard isWritten, rename(temporary, path) == 0 else {
            let failure = failure("write", path)
            unlink(temporary)
            throw failure
        }
    }

    private static func failure(_ verb: String, _ path: String) -> CommandFailure {
        CommandFailure(.failed, "cannot \(verb) \(path): \(String(cString: strerror(errno)))")
    }
}
