import EgressPolicy
import Testing

@Suite("Request targets")
struct RequestTargetTests {
    private func reason(_ raw: String, _ slashes: EncodedSlashes = .refuse) -> RequestTargetError.Reason? {
        do throws(RequestTargetError) {
            _ = try RequestTarget(raw, encodedSlashes: slashes)
            return nil
        } catch {
            return error.reason
        }
    }

    @Test(
        "T10: a plain target is split and kept byte for byte",
        arguments: [
            ("/", "/", nil), ("/a/b", "/a/b", nil), ("/a/", "/a/", nil), ("/a?b=c", "/a", "b=c"), ("/a?", "/a", ""),
            ("/?x?y", "/", "x?y"), ("/a%20b?c=%2F%2f..//", "/a%20b", "c=%2F%2f..//"), ("/a?/../x", "/a", "/../x"),
            ("/.well-known/x", "/.well-known/x", nil), ("/a..b/...", "/a..b/...", nil), ("/..a/a..", "/..a/a..", nil),
            ("/a;v=1/b:c@d", "/a;v=1/b:c@d", nil), ("/%E2%82%AC", "/%E2%82%AC", nil), ("/a?q=%0d%0a", "/a", "q=%0d%0a"),
            ("/%2ehidden", "/%2ehidden", nil), ("/%c3%80", "/%c3%80", nil),
            ("/%e0%a4%85/%f0%9f%98%80", "/%e0%a4%85/%f0%9f%98%80", nil), ("/%C0x", "/%C0x", nil),
        ] as [(String, String, String?)])
    func accepted(raw: String, path: String, query: String?) throws {
        let target = try RequestTarget(raw)
        #expect(target.raw == raw)
        #expect(String(target.path) == path)
        #expect(target.query.map(String.init) == query)
        #expect(!target.hasEncodedSlash)
    }

    @Test(
        "T10: dot segments are refused in every encoding",
        arguments: [
            "/.", "/..", "/./a", "/../a", "/a/.", "/a/..", "/a/./b", "/a/../b", "/%2e", "/%2E%2e/a", "/.%2e", "/%2e./a",
            "/a/%2e%2E?x", "/..;/a", "/..;x=1/a", "/.;", "/.;a/b", "/%2e%2e;x", "/..%3b/a", "/..%3Bx", "/%252e%252e/a",
            "/.%252E", "/%25252e", "/%252e%2e%3bx", "/a/..?b", "/..%253bx",
        ])
    func dotSegments(raw: String) {
        #expect(reason(raw) == .dotSegment)
        #expect(reason(raw, .permit) == .dotSegment)
    }

    @Test("S6: dot segments between encoded slashes are refused even where those are permitted")
    func dotSegmentsBetweenEncodedSlashes() {
        for raw in ["/a%2f..%2fb", "/a%2F..", "/..%2fb", "/a%5c..%5cb", "/a%2f%2e%2e/b", "/a%2f.", "/a%2f..;x%2fb"] {
            #expect(reason(raw, .permit) == .dotSegment, "\(raw)")
            #expect(reason(raw) != nil, "\(raw)")
        }
        for raw in ["/a%252f..%252fb", "/a%255c%2e%2e", "/..%25252fb"] {
            #expect(reason(raw) == .dotSegment, "\(raw)")
        }
    }

    @Test(
        "T10: each other ambiguity is refused with its reason",
        arguments: [
            ("", RequestTargetError.Reason.notOriginForm), ("a", .notOriginForm), ("*", .notOriginForm),
            ("http://h/a", .notOriginForm), ("?a", .notOriginForm), ("//", .emptySegment), ("//h/a", .emptySegment),
            ("/a//b", .emptySegment), ("/a//", .emptySegment), ("/a#b", .fragment), ("/a?b#c", .fragment),
            ("/a\\b", .backslash), ("/\\", .backslash), ("/a?b\\c", .backslash), ("/é", .nonASCII), ("/a?é", .nonASCII),
            ("/%", .malformedEncoding), ("/%2", .malformedEncoding), ("/%zz", .malformedEncoding),
            ("/%2/a", .malformedEncoding), ("/%u002e", .malformedEncoding), ("/a?b=100%", .malformedEncoding),
            ("/%00", .encodedControl), ("/a%00.png", .encodedControl), ("/a?b=%00", .encodedControl),
            ("/a%0d%0ab", .encodedControl), ("/a%0Ab", .encodedControl), ("/a%2fb", .encodedSlash),
            ("/a%2Fb", .encodedSlash), ("/a%5cb", .encodedSlash), ("/%c0%ae%c0%ae/a", .overlongEncoding),
            ("/%C0%AF", .overlongEncoding), ("/%e0%80%ae", .overlongEncoding), ("/%f0%80%80%ae", .overlongEncoding),
        ])
    func refused(raw: String, expected: RequestTargetError.Reason) {
        #expect(reason(raw) == expected)
    }

    @Test("S7: CR, LF, NUL, space and every other control is refused in path and query")
    func controls() {
        for value in (0...0x20).map(UInt8.init) + [0x7f] {
            let character = String(decoding: [value], as: UTF8.self)
            #expect(reason("/a" + character) == .controlOrSpace)
            #expect(reason(character + "/a") == .notOriginForm)
            #expect(reason("/a?b" + character + "c") == .controlOrSpace)
        }
        #expect(reason("/a HTTP/1.1\r\nX: y") == .controlOrSpace)
    }

    @Test("S6: encoded slashes pass only where they are permitted, and are reported")
    func encodedSlashes() throws {
        for raw in ["/a%2fb", "/a%5Cb", "/%2f", "/http%3A%2F%2Fx"] {
            #expect(reason(raw) == .encodedSlash)
            #expect(try RequestTarget(raw, encodedSlashes: .permit).hasEncodedSlash)
        }
        #expect(try !RequestTarget("/a?b=%2f", encodedSlashes: .permit).hasEncodedSlash)
        #expect(try !RequestTarget("/a%252fb").hasEncodedSlash)
    }

    @Test("T10: judging a target twice gives the same answer as judging it once")
    func idempotent() throws {
        for raw in ["/a/b?c", "/", "/a%20b"] {
            let once = try RequestTarget(raw)
            #expect(try RequestTarget(once.raw) == once)
        }
    }

    @Test("Every reason has a sentence of its own, without the target in it")
    func sentences() {
        let raws = ["", "/ ", "/é", "/#", "/\\", "//", "/..", "/%", "/%00", "/%c0%ae", "/%2f"]
        let sentences = raws.compactMap { raw -> String? in
            do throws(RequestTargetError) {
                _ = try RequestTarget(raw)
                return nil
            } catch {
                return error.description
            }
        }
        #expect(Set(sentences).count == RequestTargetError.Reason.allCases.count)
    }
}
