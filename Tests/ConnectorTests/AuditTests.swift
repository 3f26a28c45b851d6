import Foundation
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import Connector
@testable import ReverseHTTP

@Suite struct AuditTests {
    @Test func eachCallLeavesOneLineWithoutValues() async throws {
        let path = TestFiles.path("audit.jsonl")
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            var rule = origin.rule
            rule.methods = ["POST"]
            try await Rig.with([rule], configure: { $0.auditFile = path }) { rig in
                let headers: HTTPHeaders = [
                    "penstock-request-id": "01J\"x", "content-length": "6", "authorization": "Bearer hidden-a",
                ]
                _ = try await rig.call(
                    "POST", "/items/7?key=hidden-b", authority: origin.authority, headers: headers, body: "hidden")
                _ = try await rig.call("DELETE", "/items/8", authority: origin.authority)
            }
            let text = TestFiles.read(path)
            #expect(!text.contains("hidden"))
            let lines = try text.split(separator: "\n").map { line in
                try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            }
            #expect(lines.count == 2)
            let made = try #require(lines.first)
            #expect(made["request_id"] as? String == "01J\"x")
            #expect(made["origin"] as? String == "http://\(origin.authority)")
            #expect(made["method"] as? String == "POST")
            #expect(made["path"] as? String == "/items/7")
            #expect(made["decision"] as? String == "allowed")
            #expect(made["rule"] as? Int == 0)
            #expect(made["address"] as? String == "127.0.0.1")
            #expect(made["status"] as? Int == 200)
            #expect(made["request_bytes"] as? Int == 6)
            #expect(made["response_bytes"] as? Int == 10)
            #expect(made["duration_us"] as? Int != nil)
            #expect((made["session"] as? String)?.hasSuffix("-0-1") == true)
            let denied = try #require(lines.last)
            #expect(denied["decision"] as? String == "denied")
            #expect(denied["error"] as? String == "http_request_denied")
            #expect(denied["status"] as? Int == 403)
        }
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func aLineCutByACrashIsEndedBeforeTheNext() throws {
        let path = try TestFiles.write("{\"cut\":", as: "audit.jsonl")
        let audit = try AuditFile(path: path, logger: quiet)
        audit.append(Array("{}\n".utf8))
        audit.close()
        #expect(TestFiles.read(path) == "{\"cut\":\n{}\n")
    }

    @Test func aFileThatWasRenamedAwayIsOpenedAnew() throws {
        let path = TestFiles.path("audit.jsonl")
        try AuditFile(path: path, logger: quiet).close()
        try FileManager.default.moveItem(atPath: path, toPath: path + ".1")
        let audit = try AuditFile(path: path, logger: quiet)
        audit.append(Array("{}\n".utf8))
        audit.close()
        #expect(TestFiles.read(path) == "{}\n")
    }

    @Test("a renamed audit file gets no record that was made after the renaming, within the same second too")
    func renamed() throws {
        let path = TestFiles.path("audit.jsonl")
        let audit = try AuditFile(path: path, logger: quiet)
        for turn in 0..<3 {
            audit.append(Array("{\"turn\":\(turn)}\n".utf8))
            audit.flush()
            try FileManager.default.moveItem(atPath: path, toPath: "\(path).\(turn)")
        }
        audit.close()
        for turn in 0..<3 { #expect(TestFiles.read("\(path).\(turn)") == "{\"turn\":\(turn)}\n") }
    }

    @Test("SIGHUP opens the audit file anew, with no record to write")
    func reopened() async throws {
        let path = TestFiles.path("audit.jsonl")
        let audit = try AuditFile(path: path, logger: quiet)
        try FileManager.default.moveItem(atPath: path, toPath: "\(path).1")
        audit.reopen()
        while !FileManager.default.fileExists(atPath: path) { await Task.yield() }
        audit.append(Array("{}\n".utf8))
        audit.close()
        #expect(TestFiles.read(path) == "{}\n" && TestFiles.read("\(path).1").isEmpty)
    }

    @Test("denied requests are logged once in a while with a count, without path or value")
    func denials() async throws {
        let lines = LogLines()
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            var rule = origin.rule
            rule.methods = ["POST"]
            try await Rig.with([rule], logger: lines.logger) { rig async throws in
                for _ in 0..<20 {
                    #expect(try await rig.call("GET", "/hidden", authority: origin.authority).status == 403)
                }
            }
        }
        let told = lines.all.filter { $0.contains("requests were denied") }
        // The first at once; the rest when the connector leaves, since no minute has passed.
        #expect(told.count == 2 && told[0].contains("count=1 ") && told[1].contains("count=19 "))
        #expect(told.allSatisfy { $0.contains("last_error=http_request_denied") && !$0.contains("hidden") })
    }

    @Test func anAuditFileThatCannotBeOpenedSaysWhatToDo() {
        let error = #expect(throws: ConnectorError.self) {
            _ = try AuditFile(path: "/nowhere/audit.jsonl", logger: quiet)
        }
        #expect(error?.code == .configuration)
        #expect(error?.message.contains("/nowhere/audit.jsonl") == true)
    }

    @Test(
        "A: with a full disk new calls are refused, and taken again once there is room",
        .enabled(if: getuid() == 0, "mounting a tmpfs needs root"))
    func aFullDiskRefusesCalls() async throws {
        let folder = TestFiles.path("tmpfs")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        do {
            try await Program.output("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", folder])
        } catch {
            // Some sandboxes forbid mounting to root as well.
            return
        }
        defer { umount2(folder, Int32(MNT_DETACH)) }
        try await FakeOrigin.with(script: FakeOrigin.echo) { origin in
            try await Rig.with([origin.rule], configure: { $0.auditFile = folder + "/audit.jsonl" }) { rig in
                try Data(count: 60 << 10).write(to: URL(fileURLWithPath: folder + "/filler"), options: [])
                var answer = try await rig.call(authority: origin.authority)
                for _ in 0..<10_000 where answer.status == 200 {
                    answer = try await rig.call(authority: origin.authority)
                }
                #expect(answer.status == 503 && answer.proxyError == "proxy_internal_error")
                let refusedAt = origin.seen.requests.count
                #expect(try await rig.call(authority: origin.authority).status == 503)
                #expect(origin.seen.requests.count == refusedAt)
                try FileManager.default.removeItem(atPath: folder + "/filler")
                // The writer looks four times a second: each refused call is a look of ours.
                for _ in 0..<1_000_000 where answer.status != 200 {
                    answer = try await rig.call(authority: origin.authority)
                }
                #expect(answer.status == 200)
            }
            // Nothing that reached the origin is missing, and no line is torn.
            let lines = TestFiles.read(folder + "/audit.jsonl").split(separator: "\n")
            #expect(lines.allSatisfy { (try? JSONSerialization.jsonObject(with: Data($0.utf8))) != nil })
            #expect(lines.filter { $0.contains("\"status\":200") }.count == origin.seen.requests.count)
        }
    }
}
