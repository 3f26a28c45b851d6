import Foundation
import TestSupport

/// A folder of a test, of mode 0700, gone with its last owner.
final class Scratch: Sendable {
    let path: String

    init(_ name: String = "test") throws {
        var template = Array("/tmp/penstock-e2e-\(name)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw TestFailure("no scratch folder: \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        Guardian.folder(path)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    static func / (folder: Scratch, name: String) -> String { folder.path + "/" + name }

    /// Writes a file of mode 0600 and returns its path.
    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        let file = path + "/" + name
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        chmod(file, 0o600)
        return file
    }
}

/// Why a test cannot go on.
struct TestFailure: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The text of a file; empty where there is none.
func text(of file: String) -> String {
    (FileManager.default.contents(atPath: file)).map { String(decoding: $0, as: UTF8.self) } ?? ""
}
