import Value

extension DefinitionFile {
    /// Runs `body`, and where the relay finds faults in the definition says at which lines of this file they are: the
    /// relay saw the same document, but not its lines.
    func locating<Result>(
        _ body: () async throws(CommandFailure) -> Result
    ) async throws(CommandFailure) -> Result {
        do throws(CommandFailure) {
            return try await body()
        } catch {
            throw located(error)
        }
    }

    /// `failure`, with the places of its violations instead of their pointers.
    func located(_ failure: CommandFailure) -> CommandFailure {
        guard !failure.violations.isEmpty else { return failure }
        let places = failure.violations.map { violation in
            let pointer = JSONPointer(text: violation.pointer) ?? .root
            return "\(place(ofKeyOr: pointer)): \(Self.withoutPlace(violation.message))".printable
        }
        let others = failure.notes.filter { !$0.hasPrefix("- ") }
        return CommandFailure(
            failure.kind, failure.message, notes: places + others.dropFirst(), violations: failure.violations,
            code: failure.code, stage: failure.stage)
    }

    private func place(ofKeyOr pointer: JSONPointer) -> String {
        let position = document.keyPosition(of: pointer) ?? document.nearestPosition(of: pointer)
        return "\(name):\(position.line):\(position.column)"
    }

    /// Without the line and column that the relay gives for the text it was sent.
    private static func withoutPlace(_ message: String) -> Substring {
        guard message.hasSuffix(")"), let open = message.lastIndex(of: "("),
            message[open...].hasPrefix("(line "), open > message.startIndex
        else { return message[...] }
        return message[..<message.index(before: open)]
    }
}
