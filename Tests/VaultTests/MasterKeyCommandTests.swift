import Glibc
import TestSupport
import Testing
import Vault

@Suite("Master key command", .timeLimit(.minutes(10)))
struct MasterKeyCommandTests {
    private static let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

    /// A command is waited for.
    private func load(_ command: MasterKeyCommand, timeout: Int = 600) async throws -> MasterKey {
        try await onOwnThread { try command.load(timeout: timeout) }
    }

    private func isTheKey(_ key: MasterKey) throws -> Bool {
        let store = MemoryVaultStore()
        _ = try Vault(masterKey: MasterKey(base64: Self.text, source: "test"), store: store)
        return (try? Vault(masterKey: key, store: store)) != nil
    }

    @Test("a command's output is the key, raw or as base64, given as a list or as a line for the shell")
    func forms() async throws {
        #expect(try await isTheKey(load(MasterKeyCommand(arguments: ["printf", "%s\n", Self.text]))))
        #expect(try await isTheKey(load(MasterKeyCommand(shell: "echo '  \(Self.text)  '"))))
        #expect(try await isTheKey(load(MasterKeyCommand(shell: "echo \(Self.text) | base64 -d"))))
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
    func failures(line: String, reason: String) async {
        let error = await #expect(throws: VaultError.self) { try await load(MasterKeyCommand(shell: line)) }
        #expect(error?.code == .badMasterKey)
        #expect(error?.message.contains("master_key_command \(reason)") == true)
        #expect(error?.message.contains("marked") == false)
    }

    @Test("a program that is not there is told as such, and so is a command that is empty")
    func missing() async {
        for arguments in [["/nowhere/at/all"], [], [""]] {
            let error = await #expect(throws: VaultError.self) {
                try await load(MasterKeyCommand(arguments: arguments))
            }
            #expect(error?.code == .badMasterKey)
        }
    }

    @Test("a command that does not end is killed, with what it has started")
    func timeout() async throws {
        let file = "/tmp/penstock-command-\(UInt64.random(in: .min ... .max))"
        defer { unlink(file) }
        let command = MasterKeyCommand(shell: "sleep 1000 & echo $! > \(file); wait")
        // Time enough to write the file on a busy machine.
        let error = await #expect(throws: VaultError.self) { try await load(command, timeout: 3) }
        #expect(error?.message == "master_key_command printed no key within 3 s.")
        let descriptor = open(file, O_RDONLY)
        defer { close(descriptor) }
        var digits = [UInt8](repeating: 0, count: 16)
        let count = read(descriptor, &digits, digits.count)
        let sleeper = try #require(Int32(String(decoding: digits.prefix(max(0, count - 1)), as: UTF8.self)))
        // Its parent is gone, so that whoever reaps orphans decides when it vanishes; until then it is a zombie.
        while kill(sleeper, 0) == 0, isRunning(sleeper) { await Task.yield() }
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
    func source() async throws {
        let store = MemoryVaultStore()
        _ = try Vault(masterKey: .generate(), store: store)
        let key = try await load(MasterKeyCommand(arguments: ["echo", Self.text]))
        let error = #expect(throws: VaultError.self) { try Vault(masterKey: key, store: store) }
        #expect(error?.message.contains("(master_key_command)") == true)
        let other = try MasterKey(base64: Self.text, source: "PENSTOCK_VAULT_MASTER_KEY")
        let second = #expect(throws: VaultError.self) { try Vault(masterKey: other, store: store) }
        #expect(second?.message.contains("(PENSTOCK_VAULT_MASTER_KEY)") == true)
    }
}
