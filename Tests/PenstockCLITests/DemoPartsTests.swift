import SwiftASN1
import TestSupport
import Testing
import X509

@testable import PenstockCLI

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct DemoPartsTests {
    @Test("The relay's certificate is for the name and the address, and under the demo's root")
    func certificates() async throws {
        let made = try DemoCertificates(name: "localhost", address: [127, 0, 0, 1])
        let root = try Certificate(pemEncoded: made.root)
        let leaf = try Certificate(pemEncoded: made.certificate)
        var verifier = Verifier(rootCertificates: CertificateStore([root])) {
            RFC5280Policy()
            ServerIdentityPolicy(serverHostname: "localhost", serverIP: nil)
        }
        guard case .validCertificate = await verifier.validate(leaf: leaf, intermediates: CertificateStore([])) else {
            Issue.record("the certificate does not verify")
            return
        }
        #expect(made.privateKey.hasPrefix("-----BEGIN PRIVATE KEY-----"))
    }

    @Test("A private file is for its owner alone, and never replaces another unasked")
    func privateFile() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try PrivateFile.write("a", to: folder / "x")
        #expect(throws: CommandFailure.self) { try PrivateFile.write("b", to: folder / "x") }
        try PrivateFile.replace(folder / "x", with: "c")
        var status = stat()
        #expect(stat(folder / "x", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(DemoFiles.text(folder / "x") == "c")
        #expect(stat(folder.path, &status) == 0)
        #expect(status.st_mode & 0o777 == 0o700)
    }

    @Test("A child that ignores the request to end is killed, and its exit is told in words")
    func children() async throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let script = "trap '' TERM; echo ready; while :; do sleep 1; done"
        let stubborn = try ChildProcess.start("stubborn", "/bin/sh", ["-c", script], log: folder / "log")
        while DemoFiles.text(folder / "log")?.contains("ready") != true { try await Task.sleep(for: .milliseconds(1)) }
        stubborn.terminate()
        try await onOwnThread { stubborn.reap(grace: .zero) }
        #expect(stubborn.ended() == "signal 9")
        let failing = try ChildProcess.start("failing", "/bin/sh", ["-c", "exit 3"], log: folder / "log2")
        try await onOwnThread { failing.reap(grace: .seconds(600)) }
        #expect(failing.ended() == "exit code 3")
        #expect(!failing.succeeded)
    }

    @Test("C8: a child gets neither the user's PENSTOCK variables nor a proxy")
    func environment() async throws {
        setenv("PENSTOCK_TOKEN_TEST", "x", 1)
        setenv("HTTPS_PROXY_TEST", "x", 1)
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let child = try ChildProcess.start("env", "/usr/bin/env", [], log: folder / "log")
        try await onOwnThread { child.reap(grace: .seconds(600)) }
        let text = DemoFiles.text(folder / "log") ?? ""
        #expect(text.contains("PATH="))
        #expect(!text.contains("PENSTOCK") && !text.contains("PROXY"))
    }

    @Test("Removing a folder follows no link out of it")
    func removal() throws {
        let outside = try TemporaryFolder()
        defer { outside.remove() }
        try PrivateFile.write("kept", to: outside / "file")
        let folder = try TemporaryFolder()
        try PrivateFile.makeFolder(folder / "a/b")
        try PrivateFile.write("x", to: folder / "a/b/c")
        #expect(symlink(outside.path, folder / "a/link") == 0)
        folder.remove()
        #expect(!PrivateFile.exists(folder.path))
        #expect(PrivateFile.exists(outside / "file"))
    }
}
