/// A credential's plain bytes, in a buffer of their own that is wiped when the last reference goes.
///
/// A secret has no textual form: `description`, `debugDescription` and `Mirror` show a placeholder, and it is not
/// `Encodable`. The bytes are reached only inside `withBytes` and `withUTF8`; a copy made there is the caller's to wipe.
package final class Secret: @unchecked Sendable {
    // Never written after `init`, so sharing between threads is safe.
    private let storage: UnsafeMutableRawBufferPointer

    /// The number of bytes.
    package var count: Int { storage.count }

    /// Takes a copy of the bytes. The source stays the caller's to wipe.
    package init(_ bytes: some Collection<UInt8>) {
        storage = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        storage.copyBytes(from: bytes)
    }

    /// Takes a copy of a text's UTF-8 bytes. Swift cannot wipe the string itself.
    package convenience init(text: String) {
        self.init(text.utf8)
    }

    /// Takes a copy of raw memory.
    package init(copying bytes: UnsafeRawBufferPointer) {
        storage = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        storage.copyMemory(from: bytes)
    }

    deinit {
        wipe(storage)
        storage.deallocate()
    }

    /// Lends the bytes. The pointer is invalid after `body` returns.
    package func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(storage))
    }

    /// Lends the bytes as UTF-8 code units, for building a header or a query value without making a `String`.
    /// Whether they are valid UTF-8 is not checked.
    package func withUTF8<Result, Failure: Error>(
        _ body: (UnsafeBufferPointer<UInt8>) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let raw = UnsafeRawBufferPointer(storage)
        return try body(
            UnsafeBufferPointer(start: raw.baseAddress?.assumingMemoryBound(to: UInt8.self), count: raw.count))
    }

    /// Whether two secrets hold the same bytes, in time that depends on their lengths only.
    package func matches(_ other: Secret) -> Bool {
        withBytes { mine in other.withBytes { theirs in constantTimeEqual(mine, theirs) } }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[secret]" }
    package var debugDescription: String { "[secret]" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
