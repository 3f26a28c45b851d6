import Glibc
import Testing
import Vault

@Suite("Master key")
struct MasterKeyTests {
    private static let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    private func path() -> String { "/tmp/penstock-key-\(UInt64.random(in: .min ... .max))" }

    private func write(_ bytes: [UInt8], mode: mode_t = 0o600) -> String {
        let path = path()
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, mode)
        bytes.withUnsafeBytes { _ = Glibc.write(descriptor, $0.baseAddress, $0.count) }
        fchmod(descriptor, mode)
        close(descriptor)
        return path
    }

    private func opens(_ first: MasterKey, _ second: MasterKey) -> Bool {
        let store = MemoryVaultStore()
        return (try? Vault(masterKey: first, store: store)) != nil
            && (try? Vault(masterKey: second, store: store)) != nil
    }

    @Test("raw bytes, base64 text and the environment's value are the same key")
    func forms() throws {
        let reference = try MasterKey(base64: Self.text, source: "test")
        for content in [Array(UInt8(0)..<32), Array(Self.text.utf8), Array("\(Self.text.dropLast())\n".utf8)] {
            let file = write(content)
            defer { unlink(file) }
            let (key, warning) = try MasterKey.load(file: file)
            #expect(opens(reference, key))
            #expect(warning == nil)
        }
    }

    @Test("a key file that others may read gives a warning that names the remedy")
    func readable() throws {
        let file = write(Array(Self.text.utf8), mode: 0o644)
        defer { unlink(file) }
        #expect(try MasterKey.load(file: file).warning?.contains("chmod 600") == true)
    }

    @Test("a generated key is saved with mode 0600, reads back, and never replaces a file")
    func saved() throws {
        let key = MasterKey.generate()
        let file = path()
        defer { unlink(file) }
        try key.save(newFile: file)
        var status = stat()
        stat(file, &status)
        #expect(status.st_mode & 0o777 == 0o600)
        #expect(opens(key, try MasterKey.load(file: file).key))
        #expect(throws: VaultError.self) { try MasterKey.generate().save(newFile: file) }
    }

    @Test("C8: what is not a key is refused without showing it", arguments: ["", "short", "not base64 at all !!"])
    func refused(text: String) throws {
        let file = write(Array(text.utf8))
        defer { unlink(file) }
        for attempt in [
            { _ = try MasterKey.load(file: file) },
            { _ = try MasterKey(base64: text, source: "PENSTOCK_VAULT_MASTER_KEY") },
        ] as [() throws -> Void] {
            let error = #expect(throws: VaultError.self) { try attempt() }
            #expect(error?.code == .badMasterKey)
            #expect(text.isEmpty || error?.message.contains(text) == false)
        }
    }

    @Test("a missing file is named")
    func missingFile() {
        let error = #expect(throws: VaultError.self) { try MasterKey.load(file: "/nowhere/master.key") }
        #expect(error?.message == "The master key file /nowhere/master.key cannot be read: No such file or directory.")
    }

    @Test("C3: a master key shows nothing of itself")
    func noTextualForm() throws {
        let key = try MasterKey(base64: Self.text, source: "test")
        #expect("\(key)" == "[master key, term 1]")
        #expect(Mirror(reflecting: key).children.isEmpty)
    }
}
