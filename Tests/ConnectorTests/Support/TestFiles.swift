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
