/// A root, an intermediate and the origin's leaf, made by openssl for this run.
struct TestChain {
    let root: String
    let intermediate: String
    let leaf: String
    /// As an origin has it: the leaf, with the intermediate where `sendsChain`.
    let origin: TestCertificates

    static let full = make("full", sendsChain: true)
    static let leafOnly = make("leafonly", sendsChain: false)

    private static func make(_ name: String, sendsChain: Bool) -> TestChain {
        let file = { (part: String) in "\(TestFiles.folder)/\(name)-\(part)" }
        let curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
        let script = """
            set -e
            openssl req -x509 \(curve) -days 2 -subj /CN=\(name)-root -keyout root.key -out \(name)-root.crt
            openssl req \(curve) -subj /CN=\(name)-intermediate -keyout mid.key -out mid.csr
            printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign,cRLSign\\n' > mid.ext
            openssl x509 -req -in mid.csr -CA \(name)-root.crt -CAkey root.key -CAcreateserial -days 2 \\
              -extfile mid.ext -out \(name)-intermediate.crt
            openssl req \(curve) -subj /CN=\(name) -keyout \(name)-leaf.key -out leaf.csr
            printf 'subjectAltName=DNS:origin.test\\nbasicConstraints=CA:FALSE\\n' > leaf.ext
            openssl x509 -req -in leaf.csr -CA \(name)-intermediate.crt -CAkey mid.key -CAcreateserial -days 2 \\
              -extfile leaf.ext -out \(name)-leaf.crt
            cat \(name)-leaf.crt \(sendsChain ? "\(name)-intermediate.crt" : "") > \(name)-sent.crt
            """
        var failure = ""
        do {
            // Its own folder, for the files that have no names of their own.
            try Program.run("bash", ["-c", "dir=$(mktemp -d); cd $dir; \(script)\nmv \(name)-* \(TestFiles.folder)"])
        } catch {
            failure = "\(error)"
        }
        return TestChain(
            root: file("root.crt"), intermediate: file("intermediate.crt"), leaf: file("leaf.crt"),
            origin: TestCertificates(ca: failure, certificate: file("sent.crt"), key: file("leaf.key")))
    }
}
