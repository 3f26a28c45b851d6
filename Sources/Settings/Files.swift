package import Value
package import YAML

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The bytes of a file, at most `limit` of them. Pipes are read to their end; directories are refused.
package func readFile(_ path: String, limit: Int) throws(SettingsError) -> [UInt8] {
    guard !path.utf8.contains(0) else { throw SettingsError("cannot read a file whose name contains a zero byte") }
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw unreadable(path, errno) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw unreadable(path, errno) }
    guard status.st_mode & S_IFMT != S_IFDIR else { throw unreadable(path, EISDIR) }

    var result: [UInt8] = []
    if status.st_mode & S_IFMT == S_IFREG { result.reserveCapacity(min(Int(status.st_size), limit)) }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
        let count = read(descriptor, &chunk, chunk.count)
        if count == 0 { return result }
        guard count > 0 else {
            if errno == EINTR { continue }
            throw unreadable(path, errno)
        }
        guard count <= limit - result.count else {
            throw SettingsError("cannot read \(path): it has more than \(limit) bytes")
        }
        result.append(contentsOf: chunk[..<count])
    }
}

/// Whether others than a file's owner may read it. False where there is no such file.
package func isFileOpenToOthers(_ path: String) -> Bool {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & 0o044 != 0
}

/// The text of a file that holds one secret or one name: UTF-8, without the line break at its end.
package func readTextFile(_ path: String, limit: Int = 64 << 10) throws(SettingsError) -> String {
    var bytes = try readFile(path, limit: limit)
    if bytes.last == 0x0A { bytes.removeLast() }
    if bytes.last == 0x0D { bytes.removeLast() }
    guard let text = String(validating: bytes, as: UTF8.self) else {
        throw SettingsError("cannot read \(path): it is not UTF-8 text")
    }
    return text
}

/// Reads a YAML or JSON file.
package func parseFile(_ path: String, limits: YAMLLimits = .default) throws(SettingsError) -> Document {
    let bytes = try readFile(path, limit: limits.bytes)
    do throws(YAMLError) {
        return try YAML.parse(bytes, limits: limits)
    } catch {
        throw SettingsError(place: "\(path):\(error.position.line):\(error.position.column)", error.message)
    }
}

private func unreadable(_ path: String, _ code: Int32) -> SettingsError {
    let reason =
        switch code {
        case ENOENT: "there is no such file"
        case EACCES, EPERM: "permission denied"
        case EISDIR: "it is a directory"
        case ENOTDIR: "a part of its path is not a directory"
        case ELOOP: "its path has too many symbolic links"
        case EMFILE, ENFILE: "too many files are open"
        case EIO: "the device reports an error"
        default: "error \(code) of the operating system"
        }
    return SettingsError("cannot read \(path): \(reason)")
}
