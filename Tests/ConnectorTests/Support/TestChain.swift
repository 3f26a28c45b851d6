/// A root, an intermediate and the origin's leaf, made with ``TestCertificates``.
struct TestChain {
    let root: String
    let intermediate: String
    let leaf: String
    /// As an origin has it: the leaf, with the intermediate where it sends its chain.
    let origin: TestCertificates

    static let full = TestChain("full")
    /// Its origin sends the leaf only.
    static let leafOnly = TestChain("leafonly")

    private init(_ name: String) {
        let file = { (part: String) in "\(TestFiles.folder)/\(name)-\(part)" }
        root = file("root.crt")
        intermediate = file("intermediate.crt")
        leaf = file("leaf.crt")
        origin = TestCertificates(ca: root, certificate: file("sent.crt"), key: file("leaf.key"))
    }

    /// Goes on where ``TestCertificates`` ends.
    static let script = """
        chain() {
          openssl req -x509 $curve -days 2 -subj /CN=$1-root -keyout $1-root.key -out $1-root.crt
          openssl req $curve -subj /CN=$1-intermediate -keyout $1-mid.key -out $1-mid.csr
          printf 'basicConstraints=critical,CA:TRUE\\nkeyUsage=critical,keyCertSign,cRLSign\\n' > $1-mid.ext
          openssl x509 -req -in $1-mid.csr -CA $1-root.crt -CAkey $1-root.key -CAcreateserial -days 2 \\
            -extfile $1-mid.ext -out $1-intermediate.crt
          openssl req $curve -subj /CN=$1 -keyout $1-leaf.key -out $1-leaf.csr
          printf 'subjectAltName=DNS:origin.test\\nbasicConstraints=CA:FALSE\\n' > $1-leaf.ext
          openssl x509 -req -in $1-leaf.csr -CA $1-intermediate.crt -CAkey $1-mid.key -CAcreateserial -days 2 \\
            -extfile $1-leaf.ext -out $1-leaf.crt
        }
        chain full
        cat full-leaf.crt full-intermediate.crt > full-sent.crt
        chain leafonly
        cp leafonly-leaf.crt leafonly-sent.crt
        """
}
