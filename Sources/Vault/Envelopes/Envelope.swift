import Crypto

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A sealed value as it is stored: `format (1) | key term (4, big endian) | nonce (12) | ciphertext | tag (16)`,
/// AES-256-GCM. Format and term are authenticated too.
struct Envelope: Sendable {
    /// The only format there is yet.
    static let format: UInt8 = 1
    private static let headerLength = 5
    private static let nonceLength = 12
    private static let tagLength = 16

    /// Which key of its kind sealed it.
    let term: UInt32
    private let box: AES.GCM.SealedBox
    private let header: [UInt8]

    /// Reads a stored envelope without opening it.
    ///
    /// Throws `tampered` when it is too short, `unsupportedFormat` when a later version wrote it.
    init(stored bytes: [UInt8], what: String) throws(VaultError) {
        guard bytes.count >= Self.headerLength + Self.nonceLength + Self.tagLength else {
            throw VaultError(.tampered, "The stored \(what) is too short to be an envelope.")
        }
        guard bytes[0] == Self.format else {
            throw VaultError(
                .unsupportedFormat,
                "The stored \(what) has envelope format \(bytes[0]); this version reads \(Self.format). Upgrade Penstock."
            )
        }
        do {
            box = try AES.GCM.SealedBox(combined: bytes[Self.headerLength...])
        } catch {
            throw VaultError(.tampered, "The stored \(what) is not an envelope.")
        }
        header = Array(bytes[..<Self.headerLength])
        term = bytes[1..<Self.headerLength].reduce(0) { $0 << 8 | UInt32($1) }
    }

    /// Seals bytes for one place, under one key.
    static func seal(
        _ plain: UnsafeRawBufferPointer, key: SymmetricKey, term: UInt32, for place: AssociatedData
    ) throws(VaultError) -> [UInt8] {
        var stored = [format] + bigEndian(term)
        do {
            let box = try AES.GCM.seal(plain, using: key, authenticating: stored + place.bytes)
            stored += Array(box.nonce)
            stored += box.ciphertext
            stored += box.tag
        } catch {
            throw VaultError(.badMasterKey, "A value could not be sealed: the key has the wrong size.")
        }
        return stored
    }

    /// What GCM has to authenticate besides the ciphertext; worth keeping when an envelope is opened often.
    func authenticated(with place: AssociatedData) -> [UInt8] {
        header + place.bytes
    }

    /// Opens into a `Secret`; `nil` when it does not authenticate.
    func open(key: SymmetricKey, authenticating associated: [UInt8]) -> Secret? {
        guard var plain = try? AES.GCM.open(box, using: key, authenticating: associated) else { return nil }
        defer { plain.withUnsafeMutableBytes { wipe($0) } }
        return plain.withUnsafeBytes { Secret(copying: $0) }
    }
}
