import Settings
import Testing
import Value

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite("Settings files")
struct FilesTests {
    /// A directory that lives as long as the test.
    private final class Directory {
        let path: String

        init() throws {
            var template = Array("/tmp/penstock-settings-XXXXXX".utf8CString)
            let made = mkdtemp(&template)
            path = String(cString: try #require(made))
        }

        func make(_ name: String, _ bytes: [UInt8]) throws -> String {
            let file = "\(path)/\(name)"
            let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            try #require(descriptor >= 0)
            #expect(write(descriptor, bytes, bytes.count) == bytes.count)
            close(descriptor)
            return file
        }

        deinit {
            for name in ["a", "b"] { unlink("\(path)/\(name)") }
            rmdir(path)
        }
    }

    @Test("A file's bytes are read up to the limit")
    func limit() throws {
        let directory = try Directory()
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        let file = try directory.make("a", bytes)
        #expect(try readFile(file, limit: 200_000) == bytes)
        #expect(try readFile(try directory.make("b", []), limit: 0) == [])
        let error = try #require(throws: SettingsError.self) { try readFile(file, limit: 199_999) }
        #expect(error.description == "cannot read \(file): it has more than 199999 bytes")
    }

    @Test("What cannot be read says why")
    func unreadable() throws {
        let directory = try Directory()
        let file = try directory.make("a", [1])
        let cases = [
            ("/does/not/exist", "there is no such file"), (directory.path, "it is a directory"),
            ("\(file)/x", "a part of its path is not a directory"),
        ]
        for (path, reason) in cases {
            let error = try #require(throws: SettingsError.self) { try readFile(path, limit: 10) }
            #expect(error.description == "cannot read \(path): \(reason)")
        }
        #expect(throws: SettingsError.self) { try readFile("/etc/passwd\0x", limit: 10) }
        chmod(file, 0)
        if geteuid() != 0 {
            let error = try #require(throws: SettingsError.self) { try readFile(file, limit: 10) }
            #expect(error.description == "cannot read \(file): permission denied")
        }
    }

    @Test("A device without an end is cut off by the limit")
    func endless() {
        #expect(throws: SettingsError.self) { try readFile("/dev/zero", limit: 100_000) }
    }

    @Test("A text file loses the line break at its end and nothing else", arguments: ["x", "x\n", "x\r\n"])
    func text(content: String) throws {
        let directory = try Directory()
        #expect(try readTextFile(try directory.make("a", Array(content.utf8))) == "x")
        #expect(try readTextFile(try directory.make("b", Array(" x \n\n".utf8))) == " x \n")
        #expect(throws: SettingsError.self) { try readTextFile(try directory.make("b", [0xFF])) }
    }

    @Test("A parsed file's faults name the file, line and column")
    func parsed() throws {
        let directory = try Directory()
        let good = try directory.make("a", Array("a: 1".utf8))
        #expect(try parseFile(good).root == ["a": 1])
        let bad = try directory.make("b", Array("a: 1\na: 2".utf8))
        let error = try #require(throws: SettingsError.self) { try parseFile(bad) }
        #expect(error.description.hasPrefix("\(bad):2:1: the key \"a\" stands twice"))
    }
}
