import TestSupport

/// Certificates made by openssl for this run: a CA, and a leaf it signed.
struct TestCertificates {
    let ca: String
    let certificate: String
    let key: String

    /// Valid for `relay.test`, `origin.test` and 127.0.0.1.
    static let good = TestCertificates("good")
    /// Valid for `other.test` only.
    static let otherName = TestCertificates("other")
    /// Valid for 127.0.0.1 only.
    static let addressOnly = TestCertificates("address")
    /// Names `origin.test` as its common name, and nothing else.
    static let commonName = TestCertificates("common")

    /// Waits until all of them are there, and ``TestChain``'s.
    static func make() async throws { try await made.value }

    private static let made = Task {
        _ = try await Program.output("bash", ["-c", script + TestChain.script], in: TestFiles.folder)
    }

    private init(_ name: String) {
        let file = "\(TestFiles.folder)/\(name)"
        self.init(ca: "\(file)-ca.crt", certificate: "\(file).crt", key: "\(file).key")
    }

    init(ca: String, certificate: String, key: String) {
        self.ca = ca
        self.certificate = certificate
        self.key = key
    }

    private static let script = """
        set -e
        curve='-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes'
        pair() {
          openssl req -x509 $curve -days 2 -subj /CN=$1-ca -keyout $1-ca.key -out $1-ca.crt
          openssl req $curve -subj /CN=$2 -keyout $1.key -out $1.csr
          printf "$3" > $1.ext
          openssl x509 -req -in $1.csr -CA $1-ca.crt -CAkey $1-ca.key -CAcreateserial -days 2 -extfile $1.ext -out $1.crt
        }
        pair good good subjectAltName=DNS:relay.test,DNS:origin.test,IP:127.0.0.1
        pair other other subjectAltName=DNS:other.test
        pair address address subjectAltName=IP:127.0.0.1
        pair common origin.test basicConstraints=CA:FALSE

        """
}
