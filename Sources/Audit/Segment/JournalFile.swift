import Glibc

/// One open file, closed with the last reference. All methods block on the disk.
final class JournalFile: Sendable {
    let path: String
    private let descriptor: Int32

    private init(_ path: String, _ descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Opens a file to read it.
    static func read(_ path: String) throws(JournalError) -> JournalFile {
        try open(path, O_RDONLY)
    }

    /// Opens a file to append to it.
    static func append(_ path: String) throws(JournalError) -> JournalFile {
        try open(path, O_RDWR | O_APPEND)
    }

    /// Makes a new file of mode 0600, to append to it. A file that is there is an error.
    static func create(_ path: String) throws(JournalError) -> JournalFile {
        try open(path, O_RDWR | O_APPEND | O_CREAT | O_EXCL)
    }

    private static func open(_ path: String, _ flags: Int32) throws(JournalError) -> JournalFile {
        while true {
            let descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o600)
            if descriptor >= 0 { return JournalFile(path, descriptor) }
            if errno != EINTR { throw .system("opened", path) }
        }
    }

    /// Bytes in the file.
    func size() throws(JournalError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system("read", path) }
        return Int(status.st_size)
    }

    /// Up to `count` bytes from `offset` on; fewer at the end of the file.
    func read(at offset: Int, count: Int) throws(JournalError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, length in
            while length < count {
                let got = pread(descriptor, buffer.baseAddress! + length, count - length, off_t(offset + length))
                if got > 0 {
                    length += got
                } else if got == 0 {
                    return
                } else if errno != EINTR {
                    failure = errno
                    return
                }
            }
        }
        guard failure == 0 else { throw .system("read", path, failure) }
        return bytes
    }

    /// Appends all of the bytes. After an error any part of them may be in the file.
    func append(_ bytes: [UInt8]) throws(JournalError) {
        let result: Result<Void, JournalError> = bytes.withUnsafeBytes { bytes in
            do throws(JournalError) {
                return .success(try append(bytes))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    private func append(_ bytes: UnsafeRawBufferPointer) throws(JournalError) {
        var rest = bytes
        while !rest.isEmpty {
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count > 0 {
                rest = UnsafeRawBufferPointer(rebasing: rest[count...])
            } else if count == 0 || errno != EINTR {
                throw .system("written", path, count == 0 ? EIO : errno)
            }
        }
    }

    /// Puts what was appended on the disk.
    func sync() throws(JournalError) {
        while fdatasync(descriptor) != 0 {
            if errno != EINTR { throw .system("put on the disk", path) }
        }
    }

    /// Cuts the file off.
    func truncate(to size: Int) throws(JournalError) {
        while ftruncate(descriptor, off_t(size)) != 0 {
            if errno != EINTR { throw .system("cut off", path) }
        }
    }

    /// Makes the names in a folder durable.
    static func syncFolder(_ path: String) throws(JournalError) {
        let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw .system("opened", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw .system("written", path) }
    }

    /// Writes a whole file that appears complete or not at all.
    static func replace(_ path: String, with bytes: [UInt8]) throws(JournalError) {
        let partial = path + ".partial"
        unlink(partial)
        do {
            let file = try create(partial)
            try file.append(bytes)
            try file.sync()
        } catch {
            unlink(partial)
            throw error
        }
        guard rename(partial, path) == 0 else { throw .system("moved", path) }
        try syncFolder(folder(of: path))
    }

    /// The folder that a path's last part is in.
    static func folder(of path: String) -> String {
        path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    }

    /// Names in a folder, sorted.
    static func names(in folder: String) throws(JournalError) -> [String] {
        guard let directory = opendir(folder) else { throw .system("read", folder) }
        defer { closedir(directory) }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names.sorted()
    }
}
