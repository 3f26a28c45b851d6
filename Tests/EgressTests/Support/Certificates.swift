import TestSupport

/// Certificates made by openssl for this run: a CA, leaves it signed, and its revocation list.
enum Certificates {
    enum Leaf: String, CaseIterable {
        /// Valid for `origin.test` and 127.0.0.1.
        case good
        /// Valid for `other.test` only.
        case otherName
        case expired, notYetValid, revoked
        /// Signed by itself.
        case selfSigned
        /// For a client.
        case client
    }

    static let ca = "\(TestFiles.folder)/ca.crt"
    static let crl = "\(TestFiles.folder)/ca.crl"
    static func certificate(_ leaf: Leaf) -> String { "\(TestFiles.folder)/\(leaf.rawValue).crt" }
    static func key(_ leaf: Leaf) -> String { "\(TestFiles.folder)/\(leaf.rawValue).key" }

    /// Waits until they are there.
    static func make() async throws { try await made.value }

    private static let made = Task { _ = try await Program.output("bash", ["-c", script], in: TestFiles.folder) }

    private static let script = """
        set -e
        mkdir -p new
        : > index.txt
        echo 01 > serial
        echo 01 > crlnumber
        cat > ca.cnf <<EOF
        [ca]
        default_ca = here
        [here]
        database = index.txt
        serial = serial
        crlnumber = crlnumber
        new_certs_dir = new
        certificate = ca.crt
        private_key = ca.key
        default_md = sha256
        policy = any
        copy_extensions = copy
        unique_subject = no
        default_crl_days = 2
        [any]
        commonName = supplied
        EOF
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=penstock-test-ca \
          -keyout ca.key -out ca.crt
        leaf() {
          openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$1 -addext "subjectAltName=$2" \
            -keyout $1.key -out $1.csr
          openssl ca -batch -config ca.cnf -in $1.csr -out $1.crt -notext -startdate $3 -enddate $4
        }
        now=20200101000000Z
        end=$(date -u -d '+2 days' +%Y%m%d%H%M%SZ)
        leaf good DNS:origin.test,IP:127.0.0.1 $now $end
        leaf otherName DNS:other.test $now $end
        leaf expired DNS:origin.test $now 20210101000000Z
        leaf notYetValid DNS:origin.test $(date -u -d '+1 day' +%Y%m%d%H%M%SZ) $end
        leaf revoked DNS:origin.test $now $end
        leaf client DNS:client.test $now $end
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=selfSigned \
          -addext subjectAltName=DNS:origin.test -keyout selfSigned.key -out selfSigned.crt
        openssl ca -config ca.cnf -revoke revoked.crt
        openssl ca -config ca.cnf -gencrl -out ca.crl
        """
}
