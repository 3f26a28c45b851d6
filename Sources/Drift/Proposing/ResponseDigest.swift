import Crypto
package import Registry
import Value

extension CompiledEndpoint {
    /// SHA-256 of the self-contained response schema: what two definitions share in which an endpoint's answers are judged
    /// alike. None without a schema.
    package var responseDigest: [UInt8] {
        selfContainedResponse.map { Array(SHA256.hash(data: $0.bytes())) } ?? []
    }
}
