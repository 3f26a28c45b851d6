import Crypto

/// What a user's head says: which records exist, at which version, with which sealed bytes (C1).
///
/// A record row that the head does not describe (an older one put back, a copy, a leftover) is not opened. Putting a
/// user's whole set of rows back, head included, equals restoring an old file and is not detected here.
struct UserHead {
    struct Entry: Equatable {
        var version: UInt64
        var digest: [UInt8]
        var previous: Previous?
    }

    /// The value before the current one, and until when it may be used; being in the head, neither can be prolonged.
    struct Previous: Equatable {
        var version: UInt64
        var digest: [UInt8]
        /// Microseconds since 1970.
        var until: Int64
    }

    /// Stands where a head of the first layout has the length of an API's id, which is never 0; the layout's number
    /// follows.
    private static let marker: UInt16 = 0
    private static let layout: UInt8 = 2

    var counter: UInt64
    var entries: [VaultRecordName: Entry]

    static func digest(of sealed: [UInt8]) -> [UInt8] {
        Array(SHA256.hash(data: sealed))
    }

    func sealed(user: String, key: SymmetricKey, term: UInt32) throws(VaultError) -> VaultHeadRow {
        var plain: [UInt8] = bigEndian(counter) + bigEndian(Self.marker) + [Self.layout]
        let sorted = entries.sorted { ($0.key.api, $0.key.field) < ($1.key.api, $1.key.field) }
        for (name, entry) in sorted {
            for text in [name.api, name.field] {
                plain += bigEndian(UInt16(truncatingIfNeeded: text.utf8.count))
                plain += Array(text.utf8)
            }
            plain += bigEndian(entry.version)
            plain += entry.digest
            plain.append(entry.previous == nil ? 0 : 1)
            if let previous = entry.previous {
                plain += bigEndian(previous.version)
                plain += previous.digest
                plain += bigEndian(previous.until)
            }
        }
        let place = AssociatedData.head(user: user, counter: counter)
        // Typed throws cannot pass through the closure-taking standard library here, hence the result.
        let sealed = plain.withUnsafeBytes { bytes in
            Result { () throws(VaultError) in try Envelope.seal(bytes, key: key, term: term, for: place) }
        }
        return VaultHeadRow(counter: counter, sealed: try sealed.get())
    }

    /// Opens a stored head; throws `tampered` when it does not authenticate or does not match its counter.
    init(stored row: VaultHeadRow, user: String, keys: [UInt32: SymmetricKey]) throws(VaultError) {
        let what = "head of user \(user)'s credentials"
        let envelope = try Envelope(stored: row.sealed, what: what)
        let place = AssociatedData.head(user: user, counter: row.counter)
        guard let key = keys[envelope.term],
            let plain = envelope.open(key: key, authenticating: envelope.authenticated(with: place))
        else {
            throw VaultError(.tampered, "The stored \(what) was changed. Restore the database from a backup.")
        }
        let parsed = plain.withBytes { bytes in
            var reader = ByteReader(bytes: bytes)
            return Self.parse(&reader)
        }
        guard let parsed, parsed.counter == row.counter else {
            throw VaultError(.tampered, "The stored \(what) is malformed. Restore the database from a backup.")
        }
        self = parsed
    }

    init(counter: UInt64, entries: [VaultRecordName: Entry]) {
        self.counter = counter
        self.entries = entries
    }

    private static func parse(_ reader: inout ByteReader) -> UserHead? {
        guard let counter = reader.integer(UInt64.self) else { return nil }
        var entries: [VaultRecordName: Entry] = [:]
        let keepsPrevious = reader.skip(bigEndian(marker) + [layout])
        while !reader.isAtEnd {
            guard let api = reader.text(), let field = reader.text(), let version = reader.integer(UInt64.self),
                let digest = reader.take(SHA256Digest.byteCount)
            else { return nil }
            var entry = Entry(version: version, digest: digest)
            if keepsPrevious {
                guard let count = reader.integer(UInt8.self), count <= 1 else { return nil }
                if count == 1 {
                    guard let previous = parsePrevious(&reader) else { return nil }
                    entry.previous = previous
                }
            }
            entries[VaultRecordName(api: api, field: field)] = entry
        }
        return UserHead(counter: counter, entries: entries)
    }

    private static func parsePrevious(_ reader: inout ByteReader) -> Previous? {
        guard let version = reader.integer(UInt64.self), let digest = reader.take(SHA256Digest.byteCount),
            let until = reader.integer(UInt64.self)
        else { return nil }
        return Previous(version: version, digest: digest, until: Int64(bitPattern: until))
    }
}

/// Reads big-endian integers and length-prefixed texts; `nil` at the end.
private struct ByteReader {
    let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    var isAtEnd: Bool { position >= bytes.count }

    /// Steps over these bytes if they come next, and says whether they did.
    mutating func skip(_ expected: [UInt8]) -> Bool {
        guard bytes.count - position >= expected.count,
            bytes[position..<position + expected.count].elementsEqual(expected)
        else { return false }
        position += expected.count
        return true
    }

    mutating func take(_ count: Int) -> [UInt8]? {
        guard bytes.count - position >= count else { return nil }
        defer { position += count }
        return Array(bytes[position..<position + count])
    }

    mutating func integer<Integer: FixedWidthInteger>(_: Integer.Type) -> Integer? {
        take(MemoryLayout<Integer>.size)?.reduce(0) { $0 << 8 | Integer($1) }
    }

    mutating func text() -> String? {
        guard let count = integer(UInt16.self), let bytes = take(Int(count)) else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
