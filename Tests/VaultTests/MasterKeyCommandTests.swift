import Glibc
import Testing
import Vault

@Suite("Master key command", .timeLimit(.minutes(1)))
struct MasterKeyCommandTests {
    private static let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    private func isTheKey(_ key: MasterKey) throws -> Bool {
        let store = MemoryVaultStore()
        _ = try Vault(masterKey: MasterKey(base64: Self.text, source: "test"), store: store)
        return (try? Vault(masterKey: key, store: store)) != nil
    }

    @Test("a command's output is the key, raw or as base64, given as a list or as a line for the shell")
    func forms() throws {
        #expect(try isTheKey(MasterKeyCommand(arguments: ["printf", "%s\n", Self.text]).load()))
        #expect(try isTheKey(MasterKeyCommand(shell: "echo '  \(Self.text)  '").load()))
        #expect(try isTheKey(MasterKeyCommand(shell: "echo \(Self.text) | base64 -d").load()))
    }

    @Test(
        "C8: a command that fails is told apart, and neither its output, its errors nor its line is shown",
        arguments: [
            ("echo marked-line; exit 3", "failed with exit code 3"),
            ("echo marked-line >&2; exit 1", "failed with exit code 1"),
            ("echo marked-line", "did not print a master key"), ("true marked-line", "did not print a master key"),
            ("yes marked-line | head -c 100000", "did not print a master key"),
            ("kill -KILL $$ marked-line", "was ended by signal 9"),
        ])
    func failures(line: String, reason: String) {
        let error = #expect(throws: VaultError.self) { try MasterKeyCommand(shell: line).load() }
        #expect(error?.code == .badMasterKey)
        #expect(error?.message.contains("master_key_command \(reason)") == true)
        #expect(error?.message.contains("marked") == false)
    }

    @Test("a program that is not there is told as such, and so is a command that is empty")
    func missing() {
        for arguments in [["/nowhere/at/all"], [], [""]] {
            let error = #expect(throws: VaultError.self) { try MasterKeyCommand(arguments: arguments).load() }
            #expect(error?.code == .badMasterKey)
        }
    }

    @Test("a command that does not end is killed, with what it has started")
    func timeout() throws {
        let file = "/tmp/penstock-command-\(UInt64.random(in: .min ... .max))"
        defer { unlink(file) }
        let command = MasterKeyCommand(shell: "sleep 1000 & echo $! > \(file); wait")
        let error = #expect(throws: VaultError.self) { try command.load(timeout: 1) }
        #expect(error?.message == "master_key_command printed no key within 1 s.")
        let descriptor = open(file, O_RDONLY)
        defer { close(descriptor) }
        var digits = [UInt8](repeating: 0, count: 16)
        let count = read(descriptor, &digits, digits.count)
        let sleeper = try #require(Int32(String(decoding: digits.prefix(max(0, count - 1)), as: UTF8.self)))
        // Its parent is gone, so that whoever reaps orphans decides when it vanishes; until then it is a zombie.
        while kill(sleeper, 0) == 0, isRunning(sleeper) { sched_yield() }
    }

    private func isRunning(_ process: Int32) -> Bool {
        let descriptor = open("/proc/\(process)/stat", O_RDONLY)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var content = [UInt8](repeating: 0, count: 512)
        let count = read(descriptor, &content, content.count)
        return !String(decoding: content.prefix(max(0, count)), as: UTF8.self).contains(") Z ")
    }

    @Test("the error for a wrong key says where it came from")
    func source() throws {
        let store = MemoryVaultStore()
        _ = try Vault(masterKey: .generate(), store: store)
        let key = try MasterKeyCommand(arguments: ["echo", Self.text]).load()
        let error = #expect(throws: VaultError.self) { try Vault(masterKey: key, store: store) }
        #expect(error?.message.contains("(master_key_command)") == true)
        let other = try MasterKey(base64: Self.text, source: "PENSTOCK_VAULT_MASTER_KEY")
        let second = #expect(throws: VaultError.self) { try Vault(masterKey: other, store: store) }
        #expect(second?.message.contains("(PENSTOCK_VAULT_MASTER_KEY)") == true)
    }
}
