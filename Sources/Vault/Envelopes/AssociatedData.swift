/// The place a ciphertext belongs to. It is authenticated with the ciphertext, so that moved anywhere else it fails (C1).
struct AssociatedData {
    private(set) var bytes: [UInt8]

    /// A sealed known block under the master key.
    static func check() -> AssociatedData {
        AssociatedData(purpose: "check", [])
    }

    /// The master key before this one, sealed under this one while a rotation lasts.
    static func oldMasterKey() -> AssociatedData {
        AssociatedData(purpose: "old-master-key", [])
    }

    /// A user's data key, wrapped under the master key.
    static func userKey(user: String, term: UInt32) -> AssociatedData {
        AssociatedData(purpose: "user-key", [Array(user.utf8), bigEndian(term)])
    }

    /// A user's head, under the user's key.
    static func head(user: String, counter: UInt64) -> AssociatedData {
        AssociatedData(purpose: "head", [Array(user.utf8), bigEndian(counter)])
    }

    /// One credential, under the user's key.
    static func record(user: String, api: String, field: String, version: UInt64) -> AssociatedData {
        AssociatedData(
            purpose: "record", [Array(user.utf8), Array(api.utf8), Array(field.utf8), bigEndian(version)])
    }

    /// Parts are length-prefixed: no two different lists give the same bytes.
    private init(purpose: String, _ parts: [[UInt8]]) {
        bytes = []
        for part in [Array("penstock-vault".utf8), [Envelope.format], Array(purpose.utf8)] + parts {
            bytes += bigEndian(UInt32(truncatingIfNeeded: part.count))
            bytes += part
        }
    }
}

/// An integer's bytes, most significant first.
func bigEndian<Integer: FixedWidthInteger>(_ value: Integer) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
}
