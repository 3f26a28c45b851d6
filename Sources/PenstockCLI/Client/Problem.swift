import Value

/// The relay's refusal (RFC 9457), as a failure of the command.
enum Problem {
    /// - Parameter body: the answer's body; nil when it was not JSON.
    static func failure(status: Int, body: JSON?) -> CommandFailure {
        guard let body, let title = body["title"]?.string else {
            return CommandFailure(
                .refused, "the answer was status \(status), and not in the relay's form",
                notes: ["Is there a proxy between here and the relay, or another service at this address?"])
        }
        let code = body["code"]?.string
        let stage = body["stage"]?.string
        let facts = [code, "status \(status)", stage.map { "stage \($0)" }].compactMap { $0 }
        return CommandFailure(
            .refused, "\(title) (\(facts.joined(separator: ", ")))".printable, notes: notes(body),
            violations: (body["violations"]?.array ?? []).compactMap(violation), code: code, stage: stage)
    }

    private static func notes(_ body: JSON) -> [String] {
        var notes: [String] = []
        let detail = body["detail"]?.string
        if let detail { notes.append(detail) }
        // One that is the whole detail has been said.
        for violation in (body["violations"]?.array ?? []).compactMap(violation)
        where !violation.pointer.isEmpty || detail?.contains(violation.message) != true {
            notes.append("- " + (violation.pointer.isEmpty ? "" : violation.pointer + ": ") + violation.message)
        }
        if let status = body["upstream_status"]?.int { notes.append("The API answered with status \(status).") }
        if let said = body["upstream_body"]?.string, !said.isEmpty { notes.append("The API said: \(said)") }
        if let resolution = body["resolution"]?.string { notes.append(resolution) }
        if let seconds = body["retry_after_s"]?.int { notes.append("Try again in \(seconds) s.") }
        if let request = body["request_id"]?.string { notes.append("Request: \(request)") }
        return notes.map(\.printable)
    }

    private static func violation(_ violation: JSON) -> CommandFailure.Violation? {
        guard let message = violation["message"]?.string ?? violation["detail"]?.string ?? violation.string else {
            return nil
        }
        return CommandFailure.Violation(pointer: violation["pointer"]?.string ?? "", message: message)
    }
}
