import Foundation

/// A folder of this test run.
enum TestFiles {
    static let folder: String = {
        let path = NSTemporaryDirectory() + "penstock-connector-tests-\(ProcessInfo.processInfo.processIdentifier)"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }()

    /// A name no other test uses.
    static func path(_ suffix: String) -> String {
        "\(folder)/\(UUID().uuidString)-\(suffix)"
    }

    static func write(_ text: String, as suffix: String) throws -> String {
        let path = path(suffix)
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    static func overwrite(_ path: String, _ text: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
    }

    static func read(_ path: String) -> String {
        (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    }
}

/// A real program, run to its end.
enum Program {
    struct Failure: Error {
        let output: String
    }

    @discardableResult
    static func run(_ name: String, _ arguments: [String], in folder: String = TestFiles.folder) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: folder)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Failure(output: output) }
        return output
    }
}

extension Program {
    /// What a local HTTP server answers, head included.
    static func get(_ path: String, port: Int) throws -> String {
        try run("curl", ["-si", "--max-time", "10", "http://127.0.0.1:\(port)\(path)"]).replacing("\r\n", with: "\n")
    }
}

/// Certificates made by openssl for this run: a CA, and leaves it signed.
struct TestCertificates {
    let ca: String
    let certificate: String
    let key: String

    /// Valid for `relay.test`, `origin.test` and 127.0.0.1.
    static let good = make("good", names: "DNS:relay.test,DNS:origin.test,IP:127.0.0.1")
    /// Valid for `other.test` only.
    static let otherName = make("other", names: "DNS:other.test")
    /// Valid for 127.0.0.1 only.
    static let addressOnly = make("address", names: "IP:127.0.0.1")
    /// Names `origin.test` as its common name, and nothing else.
    static let commonName = make("common", subject: "origin.test", names: nil)

    private static func make(_ name: String, subject: String? = nil, names: String?) -> TestCertificates {
        let folder = TestFiles.folder
        let script = """
            set -e
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=\(name)-ca \
              -keyout \(name)-ca.key -out \(name)-ca.crt
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=\(subject ?? name) \
              -keyout \(name).key -out \(name).csr
            printf '\(names.map { "subjectAltName=\($0)" } ?? "basicConstraints=CA:FALSE")' > \(name).ext
            openssl x509 -req -in \(name).csr -CA \(name)-ca.crt -CAkey \(name)-ca.key -CAcreateserial -days 2 \
              -extfile \(name).ext -out \(name).crt
            """
        do {
            try Program.run("bash", ["-c", script])
        } catch {
            return TestCertificates(ca: "\(error)", certificate: "", key: "")
        }
        return TestCertificates(
            ca: "\(folder)/\(name)-ca.crt", certificate: "\(folder)/\(name).crt", key: "\(folder)/\(name).key")
    }
}
