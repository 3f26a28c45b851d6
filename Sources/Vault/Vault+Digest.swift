import Crypto
import Synchronization

extension Vault {
    /// A digest that only who has the master key can make (HMAC-SHA-256 under a key derived from it), for telling whether
    /// two texts are the same without keeping what they say. It changes with the master key.
    package func digest(of bytes: [UInt8]) -> [UInt8] {
        let master = masters.withLock { $0.current.key }
        let key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: master, info: Array("penstock digest".utf8), outputByteCount: 32)
        return Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
    }
}
