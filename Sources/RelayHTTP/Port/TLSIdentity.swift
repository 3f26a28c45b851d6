import Glibc
import NIOCore
import NIOSSL

/// The files that say who the relay is: its certificate chain and private key, both in PEM form.
package struct TLSIdentity: Sendable, Hashable {
    package var certificateChain: String
    package var privateKey: String

    package init(certificateChain: String, privateKey: String) {
        self.certificateChain = certificateChain
        self.privateKey = privateKey
    }

    /// What the files hold, or why they cannot be read.
    struct Contents: Hashable {
        let chain: Result<[UInt8], TLSIdentityError>
        let key: Result<[UInt8], TLSIdentityError>
    }

    func read() -> Contents {
        Contents(
            chain: Self.read(certificateChain, as: "certificate chain"), key: Self.read(privateKey, as: "private key"))
    }

    /// Makes the context of the relay's port: TLS 1.2 and later, HTTP/2 and HTTP/1.1.
    func context(
        from contents: Contents
    ) throws(TLSIdentityError) -> (context: NIOSSLContext, dates: CertificateDates) {
        let chain = try certificates(contents.chain.get())
        let key = try key(contents.key.get())
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["h2", "http/1.1"]
        // A peer that does not answer our close_notify is not waited for long.
        configuration.shutdownTimeout = .seconds(2)
        do {
            // There is a first: what holds none is refused above.
            let dates = CertificateDates(
                notBefore: Int64(chain[0].notValidBefore), notAfter: Int64(chain[0].notValidAfter))
            return (try NIOSSLContext(configuration: configuration), dates)
        } catch {
            throw TLSIdentityError(
                "the private key in \(privateKey) does not belong to the first certificate in \(certificateChain); "
                    + "put the server's own certificate first and the key it was made with beside it")
        }
    }

    private func certificates(_ bytes: [UInt8]) throws(TLSIdentityError) -> [NIOSSLCertificate] {
        guard let chain = try? NIOSSLCertificate.fromPEMBytes(bytes), !chain.isEmpty else {
            throw TLSIdentityError(
                "the certificate chain \(certificateChain) holds no certificate in PEM form; "
                    + "it should begin with -----BEGIN CERTIFICATE-----")
        }
        return chain
    }

    private func key(_ bytes: [UInt8]) throws(TLSIdentityError) -> NIOSSLPrivateKey {
        guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
            throw TLSIdentityError(
                "the private key \(privateKey) holds no unencrypted key in PEM form; "
                    + "it should begin with -----BEGIN PRIVATE KEY-----")
        }
        return key
    }

    /// The largest file read, in bytes.
    private static let limit = 1 << 20

    private static func read(_ path: String, as what: String) -> Result<[UInt8], TLSIdentityError> {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            return .failure(.init("the \(what) \(path) cannot be opened: \(String(cString: strerror(errno)))"))
        }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 16 << 10)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return .success(bytes) }
            guard count > 0 else {
                if errno == EINTR { continue }
                return .failure(.init("the \(what) \(path) cannot be read: \(String(cString: strerror(errno)))"))
            }
            bytes.append(contentsOf: chunk[..<count])
        }
        return .failure(.init("the \(what) \(path) is larger than \(limit >> 20) MiB"))
    }
}

/// Why the relay has no certificate to show: one sentence that names the file and what is wrong with it.
package struct TLSIdentityError: Error, Sendable, Hashable, CustomStringConvertible {
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
