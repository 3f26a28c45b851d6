import Value

/// What the demo tells as it goes: a line a step, with the time it took.
struct DemoReport: Sendable {
    private let start = ContinuousClock.now

    /// Runs a step and prints its line.
    ///
    /// - Parameters:
    ///   - title: what is done, in plain words.
    ///   - body: does it; what it returns first is said beneath the line.
    /// - Throws: ``CommandFailure`` that names the step.
    func step<Result>(_ title: String, _ body: () async throws -> (String?, Result)) async throws -> Result {
        let began = ContinuousClock.now
        do {
            let (remark, result) = try await body()
            let padding = String(repeating: " ", count: max(1, 78 - title.count))
            Terminal.output("  ok  \(title)\(padding)\(began.duration(to: .now).short)")
            if let remark { say(remark) }
            return result
        } catch  where Task.isCancelled {
            throw CancellationError()
        } catch let failure as CommandFailure {
            Terminal.output("FAIL  \(title)")
            throw CommandFailure(
                .failed, "the demo stopped at the step \"\(title)\"", notes: [failure.message] + failure.notes)
        } catch {
            Terminal.output("FAIL  \(title)")
            throw CommandFailure(.failed, "the demo stopped at the step \"\(title)\"", notes: ["\(error)"])
        }
    }

    /// A step without a result.
    func step(_ title: String, _ body: () async throws -> String?) async throws {
        try await step(title) { (try await body(), ()) }
    }

    /// A heading.
    func heading(_ text: String) {
        Terminal.output("\n\(text)")
    }

    /// Lines beneath a step.
    func say(_ text: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            Terminal.output("      \(String(line).printable)")
        }
    }

    var elapsed: Duration { start.duration(to: .now) }
}
