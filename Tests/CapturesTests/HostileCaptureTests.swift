import Drafts
import Testing
import Value

@testable import Captures

/// Captures that were made to cost more than they weigh, or to have a secret repeated.
@Suite("Captures of strangers", .serialized, .timeLimit(.minutes(10)))
struct HostileCaptureTests {
    private static func collection(_ members: String) -> String {
        #"{"info": {"name": "A", "schema": "https://schema.getpostman.com/v2.1.0/"}, \#(members)}"#
    }

    @Test("I: variables that would fill the memory stay as they are written")
    func expansion() {
        let large = String(repeating: "x", count: 1 << 20)
        let variables = PostmanVariables().adding([["key": "a", "value": .string(large)]])
        let text = "https://a.example.com/" + String(repeating: "{{a}}", count: 1600)
        #expect(variables.resolve(text) == text)
        let long = text + text
        #expect(variables.resolve(long) == long)
        #expect(PostmanVariables().adding([["key": "b", "value": "c"]]).resolve("/{{b}}") == "/c")
    }

    @Test("I: many variables and many requests cost their sum, not their product")
    func variables() throws {
        var folder = (0..<2000).map {
            #"{"name": "r\#($0)", "request": "https://a.example.com/x\#($0 % 7)", "variable": [{"key": "k", "value": "v"}]}"#
        }.joined(separator: ",")
        for level in 0..<10 {
            let list = (0..<1000).map { #"{"key": "v\#(level)x\#($0)token", "value": "value"}"# }
            folder = #"{"name": "f", "variable": [\#(list.joined(separator: ","))], "item": [\#(folder)]}"#
        }
        let draft = try Reading.read(Self.collection(#""item": [\#(folder)]"#), as: .postman)
        #expect(draft.operations.count == 2000)
    }

    @Test("I: an authorisation that many requests inherit is read once")
    func authorisation() throws {
        let value = String(repeating: "a b c d e ", count: 400)
        let values = (0..<100).map { #"{"key": "k\#($0)", "value": "\#(value)"}"# }.joined(separator: ",")
        let items = (0..<2000).map { #"{"name": "r\#($0)", "request": "https://a.example.com/x"}"# }
        let draft = try Reading.read(
            Self.collection(
                #""auth": {"type": "bearer", "bearer": [\#(values)]}, "item": [\#(items.joined(separator: ","))]"#),
            as: .postman)
        #expect(draft.operations.count == 2000)
    }

    @Test("I: many requests that are left out under one path get names in bounded time")
    func names() throws {
        let items = (0..<5000).map { _ in #"{"request": {"method": "FOO", "url": "https://a.example.com/x"}}"# }
        let draft = try Reading.read(Self.collection(#""item": [\#(items.joined(separator: ","))]"#), as: .postman)
        #expect(draft.operations.count == 5000)
    }

    @Test("I: a command's body is read once, and for a few URLs")
    func urls() throws {
        let body = #"{"a": [\#(String(repeating: "1,", count: 500_000))1]}"#
        let draft = try Reading.read(
            "curl --json '\(body)' " + String(repeating: "a.example.com ", count: 100_000), as: .curl)
        #expect(draft.codes.contains("too_many_urls"))
        #expect(draft.operations.count == 1)
    }

    @Test(
        "I: options that stand a hundred thousand times are passed over",
        arguments: ["-F a=1 ", "-F a=@f ", "-u a:b ", "--digest -u a:b ", "-H a:1 ", "--next ", "$A ", "--next b.c "])
    func options(option: String) throws {
        let many = String(repeating: option, count: 1_000_000 / option.utf8.count)
        let draft = try Reading.read("curl https://a.example.com/x https://a.example.com/y \(many)", as: .curl)
        #expect(draft.operations.count <= 5002)
        #expect(draft.json().text().utf8.count < 4 << 20)
    }

    @Test("I: calls of many segments with large answers are compared in bounded time")
    func segments() throws {
        let properties = (0..<300).map { "\\\"p\($0)\\\":1" }.joined(separator: ",")
        let segments = (1..<60).map { "s\($0)" }.joined(separator: "/")
        let entries = (0..<1000).map { index -> String in
            let word = String("abcdefghij".map { _ in Character(UnicodeScalar(UInt8(97 + index % 23))) })
            return #"""
                {"request": {"method": "GET", "url": "https://a.example.com/\#(segments)/\#(word)\#(index % 90)"},
                 "response": {"status": 200, "content": {"mimeType": "application/json", "text": "{\#(properties)}"}}}
                """#
        }
        let draft = try Reading.read(
            #"{"log": {"version": "1.2", "creator": {}, "entries": [\#(entries.joined(separator: ","))]}}"#, as: .har)
        #expect(!draft.operations.isEmpty)
    }

    @Test("I: a media type that no request can have does not spoil the draft")
    func mediaType() throws {
        let draft = try Reading.read(
            #"""
            {"log": {"version": "1.2", "creator": {}, "entries": [{"request": {"method": "POST",
              "url": "https://a.example.com/x", "postData": {"mimeType": "application/a\r\nb c+json", "text": "{\"a\": 1}"}}}
            ]}}
            """#, as: .har)
        _ = try Reading.accepted(draft)
        #expect(draft.operations.first?.endpoint?["request_body"]?["content_type"] == nil)
    }

    @Test("C3: what people write of parameters repeats no credential, also at the end of a sentence")
    func descriptions() throws {
        let draft = try Reading.read(
            Self.collection(
                #"""
                "auth": {"type": "apikey", "apikey": [{"key": "key", "value": "X-Key"}, {"key": "value", "value": "hunter2canary"}]},
                "item": [{"name": "Get", "request": {
                  "method": "GET", "description": "Log in with hunter2canary. Or **hunter2canary**!",
                  "header": [{"key": "X-Shop", "value": "1", "description": "as of hunter2canary"}],
                  "url": {"raw": "https://a.example.com/shops/:shop?q=1",
                    "query": [{"key": "q", "value": "1", "description": "try hunter2canary."}],
                    "variable": [{"key": "shop", "value": "1", "description": "“hunter2canary”"}]}}}]
                """#), as: .postman)
        #expect(!draft.json().text().contains("hunter2canary"))
        #expect(draft.json().text().contains("Log in with ….") && draft.json().text().contains("as of …"))
    }

    @Test("C3: a credential that stands in a path too becomes a parameter")
    func paths() throws {
        let (draft, endpoint) = try Reading.curl(
            "curl -H 'X-Api-Key: canary77' https://a.example.com/hooks/canary77/send")
        #expect(!draft.json().text().contains("canary77"))
        #expect(endpoint["path"] == "/hooks/{hook_id}/send")
    }

    @Test("C3: a password that a header holds in base64 is known in plain text")
    func basic() throws {
        let (draft, _) = try Reading.curl(
            """
            # Log in as admin with canary-pass
            curl -H 'Authorization: Basic YWRtaW46Y2FuYXJ5LXBhc3M=' https://a.example.com/x
            """)
        #expect(!draft.json().text().contains("canary-pass"))
    }

    @Test("C3: a variable that is marked as secret stands in no path and no text")
    func secretVariables() throws {
        let draft = try Reading.read(
            Self.collection(
                #"""
                "variable": [{"key": "room", "value": "canaryroom", "type": "secret"}],
                "item": [{"name": "Get", "request": {"method": "GET", "description": "Room canaryroom",
                  "url": "https://a.example.com/rooms/{{room}}"}}]
                """#), as: .postman)
        #expect(!draft.json().text().contains("canaryroom"))
        #expect(draft.operations.first?.endpoint?["path"] == "/rooms/{room}")
    }
}
