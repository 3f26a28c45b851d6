import Crypto
import Value

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The 32-byte key that wraps every user's key. It stays in memory only; a text form exists only in its file.
package struct MasterKey: Sendable {
    let key: SymmetricKey
    /// Which master key this is; written in every envelope it seals, so that it can be rotated. A key's file does not
    /// say it: the vault takes it from the store.
    package let term: UInt32
    /// What it was read from, for errors: a file's path, a variable's name, a command.
    package let source: String

    static let length = 32
    static let longestText = 4096

    /// Throws `VaultError.badMasterKey` unless there are exactly 32 bytes. The bytes stay the caller's to wipe.
    package init(bytes: [UInt8], term: UInt32 = 1, source: String = "given") throws(VaultError) {
        guard bytes.count == Self.length else {
            throw VaultError(.badMasterKey, "A master key is 32 bytes; this one has \(bytes.count).")
        }
        key = SymmetricKey(data: bytes)
        self.term = term
        self.source = source
    }

    /// A new random key.
    package static func generate() -> MasterKey {
        MasterKey(key: SymmetricKey(size: .bits256), term: 1, source: "generated")
    }

    init(key: SymmetricKey, term: UInt32, source: String) {
        self.key = key
        self.term = term
        self.source = source
    }

    /// Whether both are the same key, of whatever term; in constant time.
    package func isSame(as other: MasterKey) -> Bool { key == other.key }

    /// The same key, known to be of this term.
    func at(term: UInt32) -> MasterKey {
        MasterKey(key: key, term: term, source: source)
    }

    /// Reads the text form (base64 of 32 bytes), as `PENSTOCK_VAULT_MASTER_KEY` holds it.
    ///
    /// - Parameter source: what the value came from, for the error.
    package init(base64 text: String, source: String) throws(VaultError) {
        var bytes = Base64.decode(trimmed(Array(text.utf8))) ?? []
        defer { wipe(&bytes) }
        guard bytes.count == Self.length else {
            throw VaultError(
                .badMasterKey, "\(source) does not hold a master key: expected the base64 text of exactly 32 bytes.")
        }
        try self.init(bytes: bytes, source: source)
    }

    /// A key's bytes in either of its forms: 32 raw bytes, or their base64 text with or without white space around it.
    /// Empty for anything else. Both this and `content` are the caller's to wipe.
    static func decode(_ content: [UInt8]) -> [UInt8] {
        if content.count == length { return content }
        guard let bytes = Base64.decode(trimmed(content)), bytes.count == length else { return [] }
        return bytes
    }

    /// Reads a key file: 32 raw bytes, or their base64 text with or without a newline.
    ///
    /// The second value is a warning when others than the owner may read the file, else `nil`.
    /// Throws `VaultError.badMasterKey` when the file cannot be read or holds anything else.
    package static func load(file path: String) throws(VaultError) -> (key: MasterKey, warning: String?) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw unreadable(path) }
        var content = [UInt8](repeating: 0, count: longestText)
        defer { wipe(&content) }
        var filled = 0
        while filled < content.count {
            let room = content.count - filled
            let got = content.withUnsafeMutableBytes { read(descriptor, $0.baseAddress.map { $0 + filled }, room) }
            if got < 0 && errno == EINTR { continue }
            guard got >= 0 else { throw unreadable(path) }
            if got == 0 { break }
            filled += got
        }
        var raw = Array(content[..<filled])
        defer { wipe(&raw) }
        var bytes = decode(raw)
        defer { wipe(&bytes) }
        guard bytes.count == length else {
            throw VaultError(
                .badMasterKey,
                "\(path) does not hold a master key: expected 32 raw bytes or their base64 text. "
                    + "Make one with `penstock-relay init`.")
        }
        let readers = status.st_mode & (S_IRWXG | S_IRWXO)
        let warning = readers == 0 ? nil : "\(path) can be read by others than its owner; run chmod 600 on it."
        return (try MasterKey(bytes: bytes, source: path), warning)
    }

    /// Writes the key to a file that must not exist yet (mode 0600, base64 and a newline), durably.
    package func save(newFile path: String) throws(VaultError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Self.unwritable(path) }
        defer { close(descriptor) }
        var raw = key.withUnsafeBytes { Array($0) }
        var text = Base64.encode(raw) + [UInt8(ascii: "\n")]
        defer {
            wipe(&raw)
            wipe(&text)
        }
        var sent = 0
        while sent < text.count {
            let put = text.withUnsafeBytes { write(descriptor, $0.baseAddress.map { $0 + sent }, $0.count - sent) }
            if put < 0 && errno == EINTR { continue }
            guard put > 0 else {
                let error = Self.unwritable(path)
                unlink(path)
                throw error
            }
            sent += put
        }
        guard fsync(descriptor) == 0 else {
            let error = Self.unwritable(path)
            unlink(path)
            throw error
        }
    }

    private static func unreadable(_ path: String) -> VaultError {
        VaultError(.badMasterKey, "The master key file \(path) cannot be read: \(String(cString: strerror(errno))).")
    }

    private static func unwritable(_ path: String) -> VaultError {
        VaultError(.badMasterKey, "The master key file \(path) cannot be written: \(String(cString: strerror(errno))).")
    }
}

extension MasterKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[master key, term \(term)]" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Without the white space around it.
private func trimmed(_ text: [UInt8]) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
    guard let first = text.firstIndex(where: { !isSpace($0) }), let last = text.lastIndex(where: { !isSpace($0) })
    else {
        return []
    }
    return text[first...last]
}
