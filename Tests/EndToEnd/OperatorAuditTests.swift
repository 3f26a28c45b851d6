import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("The audit in the operator's hands", .serialized, .timeLimit(.minutes(3)))
struct OperatorAuditTests {
    /// A command with its arguments, over a relay's data.
    private func audit(_ relay: TestRelay, _ arguments: String...) async throws -> (
        end: ChildProcess.End, output: String, errors: String
    ) {
        try await ChildProcess.run(Binaries.relay, ["audit"] + arguments + ["--config", relay.configurationFile])
    }

    @Test("A: a changed, a missing and a moved record are found in the journal and in an export, with exit code 1")
    func verify() async throws {
        let stage = try await Stage.make()
        // Enough for several of the pieces that a file is read in.
        for _ in 0..<200 { _ = try await stage.call("hello") }
        try await stage.end()
        let relay = stage.relay
        let good = try await audit(relay, "verify")
        #expect(good.end == .exit(0) && good.output.contains("records, chain whole"), "\(good)")
        let exported = try await audit(relay, "export")
        let lines = exported.output.split(separator: "\n")
        let file = try relay.folder.write("export.jsonl", exported.output)
        #expect(try await audit(relay, "verify", "--file", file).output.contains("\(lines.count) records, chain whole"))

        let last = lines.count
        let changes: [(change: (inout [Data]) -> Void, file: [Substring], finding: String)] = [
            (
                { $0[last - 3] = RelaySegment.changed($0[last - 3], "OK", "KO") },
                lines.enumerated().map { $0 == last - 3 ? Substring($1.replacing("\"OK\"", with: "\"KO\"")) : $1 },
                "Record \(last - 2) was changed."
            ),
            (
                { $0.remove(at: last - 3) },
                lines.enumerated().filter { $0.offset != last - 3 }.map(\.element),
                "Record \(last - 2) is missing."
            ),
            ({ $0.swapAt(1, 2) }, [lines[0], lines[2], lines[1]] + lines[3...], "stands where record"),
        ]
        let segment = try #require(try relay.segments().first)
        let whole = try Data(contentsOf: URL(fileURLWithPath: segment))
        for (number, change) in changes.enumerated() {
            try relay.changeSegment(change.change)
            let bad = try await audit(relay, "verify")
            #expect(bad.end == .exit(1) && bad.output.contains(change.finding), "\(number): \(bad)")
            let changed = try relay.folder.write("changed.jsonl", change.file.joined(separator: "\n") + "\n")
            let badFile = try await audit(relay, "verify", "--file", changed)
            #expect(badFile.end == .exit(1), "\(badFile)")
            try whole.write(to: URL(fileURLWithPath: segment))
        }
        let absent = try await audit(relay, "verify", "--file", relay.folder / "none")
        #expect(absent.end == .exit(1) && absent.errors.contains("cannot be read"), "\(absent)")
        let noise = try relay.folder.write("noise", "no record\n")
        #expect(try await audit(relay, "verify", "--file", noise).output.contains("is not an audit record"))
        let endless = try relay.folder.write("endless", String(repeating: "x", count: 3 << 20))
        #expect(try await audit(relay, "verify", "--file", endless).errors.contains("it is no audit file"))
        // The last line's end may be missing, and the file may come by a pipe.
        let open = try relay.folder.write("open.jsonl", lines.joined(separator: "\n"))
        let piped = try await ChildProcess.run(
            "/bin/sh", ["-c", "cat \(open) | \(Binaries.relay) audit verify --file -"])
        #expect(piped.output.contains("\(lines.count) records, chain whole"), "\(piped)")
    }

    @Test("A: an export is JSON lines or CSV, of all records or of a time")
    func export() async throws {
        let stage = try await Stage.make()
        _ = try await stage.call("hello")
        let relay = stage.relay
        let records = try await relay.auditRecords()
        let table = try await audit(relay, "export", "--format", "csv").output.split(separator: "\r\n")
        #expect(table.first?.hasPrefix("sequence,time,kind,request_id") == true)
        #expect(table.count == records.count + 1)
        #expect(try await audit(relay, "export", "--since", "2990-01-01").output.isEmpty)
        #expect(try await audit(relay, "export", "--until", "1990-01-01").output.isEmpty)
        let time = try #require(records.last?["time"]?.string)
        let since = try await audit(relay, "export", "--since", time).output.split(separator: "\n")
        let until = try await audit(relay, "export", "--until", time).output.split(separator: "\n")
        #expect(since.count + until.count == records.count && !since.isEmpty)
        for wrong in [["--format", "xml"], ["--since", "yesterday"]] {
            let refused = try await ChildProcess.run(
                Binaries.relay, ["audit", "export", "--config", relay.configurationFile] + wrong)
            #expect(refused.end == .exit(2) && refused.errors.contains(wrong[0]), "\(refused)")
        }
        try await stage.end()
    }

    @Test("A: the connector's own audit agrees with the relay's; a call that only one of them has is named")
    func reconcile() async throws {
        let stage = try await Stage.make()
        for _ in 0..<4 { #expect(try await stage.call("hello").status == 200) }
        _ = try await stage.call("status", ["code": 503])
        let named = try await stage.call("hello")
        let id = try #require(named.requestID)
        try await stage.end()
        let relay = stage.relay
        let file = stage.connector.auditFile
        let good = try await audit(relay, "reconcile", file, "--tunnel", stage.tunnel.id)
        #expect(good.end == .exit(0), "\(good)")
        #expect(good.output.contains("relay: 6, connector: 6, agreed: 6"), "\(good)")
        let lines = text(of: file).split(separator: "\n")
        let without = try relay.folder.write(
            "without.jsonl", lines.filter { !$0.contains(id) }.joined(separator: "\n") + "\n")
        let missing = try await audit(relay, "reconcile", without)
        #expect(missing.end == .exit(1) && missing.output.contains("\(id): only the relay has it"), "\(missing)")
        let strange = try relay.folder.write(
            "strange.jsonl",
            text(of: file) + (lines.last.map { $0.replacing(id, with: "01STRANGE") } ?? "") + "\nnot a record\n")
        let unknown = try await audit(relay, "reconcile", strange)
        #expect(unknown.end == .exit(1), "\(unknown)")
        #expect(unknown.output.contains("01STRANGE: only the connector has it"), "\(unknown)")
        #expect(unknown.output.contains("unreadable lines: 1"), "\(unknown)")
        let different = try relay.folder.write(
            "different.jsonl", text(of: file).replacing("\"status\":503", with: "\"status\":200"))
        let disagreeing = try await audit(relay, "reconcile", different)
        #expect(disagreeing.output.contains("the relay has status 503, the connector 200"), "\(disagreeing)")
    }
}
