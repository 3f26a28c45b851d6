import Foundation
import Testing
import Value

/// Raw calls that few HTTP servers would take, made by a real curl.
@Suite("Raw calls of any method, and bodies of any method", .serialized, .timeLimit(.minutes(4)))
struct RawMethodTests {
    /// The origin's answer, which tells of the request that it got.
    private static func curl(
        _ scene: TwoRoutes, _ version: String, _ path: String, _ more: [String]
    ) async throws -> JSON {
        let folder = try Scratch("curl")
        let header = try folder.write("header", "Authorization: Bearer \(scene.account.agent)")
        let ran = try await ChildProcess.run(
            try #require(Binaries.tool("curl")),
            [
                "--silent", "--show-error", "--max-time", "60", "--http\(version)", "--cacert",
                try Certificates.shared.get().root, "--header", "@" + header, "--write-out", "\n%{http_version}",
            ] + more + [scene.relay.url + "/v1/proxy/any" + path])
        let lines = ran.output.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.last == Substring(version), "\(ran)")
        return try JSON.parse(lines.dropLast().joined(separator: "\n"))
    }

    @Test(
        "method: LIST, PROPFIND and any other token in a raw call reach the API, over HTTP/1.1 and HTTP/2, on either route",
        arguments: TestRoute.allCases, ["1.1", "2"])
    func methods(route: TestRoute, version: String) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel, takesAnyMethod: true)
        try await scene.apply(route, "any", security: ["proxy": "open"])
        for method in ["LIST", "PROPFIND", "M-SEARCH", "QUERY", "x-own"] {
            let answer = try await Self.curl(scene, version, "/items/a?b=c", ["--request", method])
            #expect(answer["method"]?.string == method && answer["target"] == "/items/a?b=c", "\(answer)")
            #expect(answer["body"] == "", "\(answer)")
        }
        try await scene.end()
    }

    @Test(
        "a raw call's body passes whatever its method, with a length or without one, on either route",
        arguments: TestRoute.allCases, ["1.1", "2"])
    func bodies(route: TestRoute, version: String) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel, takesAnyMethod: true)
        try await scene.apply(route, "any", security: ["proxy": "open"])
        for method in ["GET", "DELETE", "OPTIONS", "LIST", "POST"] {
            for framing in ["", "chunked"] {
                let framed = framing.isEmpty ? [] : ["--header", "Transfer-Encoding: chunked"]
                let answer = try await Self.curl(
                    scene, version, "/echo", ["--request", method, "--data-binary", "which boats?"] + framed)
                #expect(answer["method"]?.string == method && answer["body"] == "which boats?", "\(framing) \(answer)")
            }
        }
        // A body that is announced by nothing, and then is empty, is none.
        let empty = try await Self.curl(scene, version, "/echo", ["--request", "GET", "--upload-file", "-"])
        #expect(empty["method"] == "GET" && empty["body"] == "", "\(empty)")
        try await scene.end()
    }
}
