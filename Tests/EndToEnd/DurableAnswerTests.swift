import Foundation
import Testing
import Value

@Suite("The disk answers before the relay does", .serialized, .timeLimit(.minutes(2)))
struct DurableAnswerTests {
    @Test("fdatasync of a mutation and of a call's record has returned before the first byte of the answer is written")
    func order() async throws {
        let strace = try #require(Binaries.tool("strace"), "strace is not installed")
        let stage = try await Stage.make(authentication: Definitions.apiKey("first"))
        let agent = try await Caller(stage, token: stage.account.agent)
        let user = try await Caller(stage, token: stage.account.user)
        // The handshakes are over when these are answered.
        try await agent.ask("POST /v1/tools/crm/hello", "{}")
        try await user.ask("GET /v1/apis", "")

        let (trace, log) = (stage.relay.folder / "trace", stage.relay.folder / "strace.log")
        let process = try #require(stage.relay.process)
        let tracer = try ChildProcess.start(
            strace,
            [
                "-f", "-y", "-s", "16", "-p", "\(process.pid)", "-o", trace, "-e",
                "trace=fdatasync,fsync,write,writev,sendto,sendmsg",
            ], log: log)
        try await eventually("strace attaches") {
            if let end = tracer.end { throw TestFailure("strace cannot attach (\(end)): \(text(of: log))") }
            return text(of: log).contains("attached")
        }
        // The record is in the audit's open segment, what a mutation changed in the database's log.
        let (call, mutation) = ([".seg"], [".seg", "penstock.db-wal"])
        for (caller, request, body, files) in [
            (agent, "POST /v1/tools/crm/hello", "{}", call), (agent, "GET /v1/proxy/crm/hello", "", call),
            (user, "PUT /v1/apis/crm/credentials", #"{"key": "second"}"#, mutation),
            (user, "POST /v1/tunnels", #"{"name": "second"}"#, mutation), (user, "DELETE /v1/apis/crm", "", mutation),
        ] {
            let before = lines(trace).count
            try await caller.ask(request, body)
            let answered = try await eventually("the answer to \(request) in the trace") {
                lines(trace).dropFirst(before).firstIndex { $0.contains("[\(caller.inode)]>") && $0.contains("(") }
            }
            let traced = lines(trace)[before..<answered]
            for file in files {
                #expect(
                    hasSynced(file, traced), "\(request) \(file)\n\(lines(trace)[before...].joined(separator: "\n"))")
            }
        }
        tracer.kill(SIGINT)
        _ = try await tracer.ended()
        try await stage.end()
    }

    private func lines(_ file: String) -> [Substring] { text(of: file).split(separator: "\n") }

    /// Whether a sync of a file has begun and returned 0 within these lines.
    private func hasSynced(_ file: String, _ lines: ArraySlice<Substring>) -> Bool {
        var waiting: Set<Substring> = []
        for line in lines {
            let thread = line.prefix { $0 != " " }
            let isSync = line.contains("fdatasync(") || line.contains("fsync(")
            if isSync, line.contains(file) {
                if line.hasSuffix("= 0") { return true }
                waiting.insert(thread)
            } else if line.contains("sync resumed"), line.hasSuffix("= 0"), waiting.contains(thread) {
                return true
            }
        }
        return false
    }

    /// One kept connection to the relay, and the number of its socket at the relay's end.
    private struct Caller {
        let connection: RawConnection
        let token: String
        let inode: String

        init(_ stage: Stage, token: String) async throws {
            connection = try await RawConnection(port: stage.relay.port)
            self.token = token
            let ends = [stage.relay.port, connection.localPort].map { ":" + Self.hex($0) }
            inode = try await eventually("the relay's socket") {
                Self.inode(stage.relay.process?.procFile("net/tcp") ?? "", ends[0], ends[1])
            }
        }

        /// Looks a connection up in the text of `/proc/PID/net/tcp` (proc(5)).
        private static func inode(_ table: String, _ local: String, _ remote: String) -> String? {
            for line in table.split(separator: "\n") {
                let fields = line.split(separator: " ")
                guard fields.count > 9, fields[1].hasSuffix(local), fields[2].hasSuffix(remote) else { continue }
                return fields[9] == "0" ? nil : String(fields[9])
            }
            return nil
        }

        private static func hex(_ port: Int) -> String {
            let text = String(port, radix: 16, uppercase: true)
            return String(repeating: "0", count: 4 - text.count) + text
        }

        private var answers: Int {
            connection.text.split(separator: "HTTP/1.1 2", omittingEmptySubsequences: false).count
        }

        /// Asks and waits for the head of a good answer.
        func ask(_ request: String, _ body: String) async throws {
            let before = answers
            try await connection.send(
                "\(request) HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            try await eventually("an answer to \(request) in \(connection.text.suffix(500))") {
                answers > before
            }
        }
    }
}
