import Testing
import Value

@testable import PenstockCLI

@Suite struct ProblemTests {
    @Test("A refusal shows title, code, stage, detail, violations, resolution and request")
    func full() {
        let failure = Problem.failure(
            status: 400,
            body: [
                "title": "The arguments are wrong", "code": "INVALID_REQUEST", "stage": "validation",
                "detail": "Two faults.",
                "violations": [["pointer": "/limit", "message": "must be an integer"]], "resolution": "Mend them.",
                "request_id": "01J",
            ])
        #expect(failure.kind == .refused)
        #expect(
            "\(failure)" == """
                The arguments are wrong (INVALID_REQUEST, status 400, stage validation)
                  Two faults.
                  - /limit: must be an integer
                  Mend them.
                  Request: 01J
                """)
    }

    @Test("An answer that is no problem document is still a refusal")
    func foreign() {
        #expect(Problem.failure(status: 502, body: nil).kind == .refused)
        #expect(Problem.failure(status: 502, body: ["error": "x"]).message.contains("502"))
    }

    @Test("What the relay says cannot move the terminal's cursor")
    func controls() {
        let failure = Problem.failure(status: 400, body: ["title": "a\u{1B}[2Jb", "detail": "c\r\u{202E}d"])
        #expect(failure.message.hasPrefix("a\\u{1b}[2Jb"))
        #expect(failure.notes.first == "c\\u{d}\\u{202e}d")
    }
}
