import Foundation

/// A folder of this test run.
enum TestFiles {
    static let folder: String = {
        let path = NSTemporaryDirectory() + "penstock-egress-tests-\(ProcessInfo.processInfo.processIdentifier)"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }()

    static func write(_ text: String, as name: String) throws -> String {
        let path = "\(folder)/\(UUID().uuidString)-\(name)"
        try Data(text.utf8).write(to: URL(fileURLWithPath: path))
        return path
    }

    static func bytes(_ path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(fileURLWithPath: path))) }
}
