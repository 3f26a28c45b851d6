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

/// A real program.
final class Program: @unchecked Sendable {
    struct Failure: Error {
        let output: String
    }

    /// Runs to its end and returns what it printed. What it leaves running must not hold its output.
    @discardableResult
    static func run(_ name: String, _ arguments: [String]) async throws -> String {
        let process = process(name, arguments)
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = await offThePool { pipe.fileHandleForReading.readDataToEndOfFile() }
        process.waitUntilExit()
        let text = String(decoding: output, as: UTF8.self)
        guard process.terminationStatus == 0 else { throw Failure(output: text) }
        return text
    }

    /// Blocks a thread of its own, since those of tasks are few.
    private static func offThePool<R: Sendable>(_ body: @escaping @Sendable () -> R) async -> R {
        await withCheckedContinuation { continuation in
            Thread.detachNewThread { continuation.resume(returning: body()) }
        }
    }

    private let process: Process
    private let output: Pipe

    /// Starts a program that goes on until ``stop()``.
    init(_ name: String, _ arguments: [String]) throws {
        process = Self.process(name, arguments)
        output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
    }

    /// The first line that it prints from now on which holds `text`.
    @discardableResult
    func line(containing text: String) async throws -> String {
        var printed = ""
        while true {
            let data = await Self.offThePool { [output] in output.fileHandleForReading.availableData }
            if data.isEmpty { throw Failure(output: printed) }
            printed += String(decoding: data, as: UTF8.self)
            let lines = printed.split(separator: "\n").dropLast(printed.hasSuffix("\n") ? 0 : 1)
            if let line = lines.first(where: { $0.contains(text) }) { return String(line) }
        }
    }

    /// Not by a signal that the child may have inherited as blocked from the thread that started it.
    func stop() {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    private static func process(_ name: String, _ arguments: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [name] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: TestFiles.folder)
        process.standardInput = FileHandle.nullDevice
        return process
    }
}
