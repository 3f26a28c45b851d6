import EgressPolicy
import Testing

@Suite("Path templates")
struct PathTemplateTests {
    private func failure(
        _ template: String, _ values: [String: PathValue], slashes: Set<String> = []
    ) throws -> RenderError? {
        let template = try PathTemplate(template)
        do throws(RenderError) {
            _ = try template.render(values, allowingSlashesIn: slashes)
            return nil
        } catch {
            return error
        }
    }

    private func render(_ template: String, _ value: PathValue, slashes: Set<String> = []) throws -> String {
        try PathTemplate(template).render(["x": value], allowingSlashesIn: slashes)
    }

    @Test("Names are read in order")
    func names() throws {
        #expect(try PathTemplate("/customers/{customer_id}").names == ["customer_id"])
        #expect(try PathTemplate("/{a}/b/{c-d}.{e.f}").names == ["a", "c-d", "e.f"])
        #expect(try PathTemplate("/").names == [])
        #expect(try PathTemplate("/v1/apis:test").names == [])
    }

    @Test(
        "A malformed template is refused by name",
        arguments: [
            "", "customers", "/{", "/}", "/{a", "/a}", "/{}", "/{a}/{a}", "/{a{b}}", "/{a/b}", "/{+a}", "/{a*}",
            "/{a b}",
            "/a//b", "/a/../b", "/./a", "/%2e%2e/a", "/a b", "/é", "/{é}", "/a?b={c}", "/a#b", "/a%2fb", "/%zz",
            "/a\\b", "//",
        ])
    func malformed(text: String) {
        let error = #expect(throws: RuleError.self) { try PathTemplate(text) }
        #expect(error?.text == text)
    }

    @Test(
        "S6: a value cannot leave its segment",
        arguments: [
            ("cust_12345", "/c/cust_12345/o"), ("a?b", "/c/a%3Fb/o"), ("a#b", "/c/a%23b/o"), ("a%b", "/c/a%25b/o"),
            ("a b", "/c/a%20b/o"), ("a;b", "/c/a%3Bb/o"), ("é", "/c/%C3%A9/o"), ("%2f", "/c/%252f/o"),
            ("a&b=c", "/c/a%26b%3Dc/o"),
            ("...", "/c/.../o"), (".a", "/c/.a/o"), ("a..", "/c/a../o"), ("-._~", "/c/-._~/o"),
            ("a:b@c", "/c/a%3Ab%40c/o"),
            ("a\tb", "/c/a%09b/o"), ("😀", "/c/%F0%9F%98%80/o"), ("%", "/c/%25/o"), ("+", "/c/%2B/o"),
        ])
    func rendering(value: String, expected: String) throws {
        let path = try render("/c/{x}/o", .single(value))
        #expect(path == expected)
        let target = try RequestTarget(path)
        #expect(target.path.split(separator: "/").count == 3)
        #expect(try PathTemplate("/c/{x}/o").match(target.path)?.count == 1)
    }

    @Test(
        "S6: dot segments are refused in every encoding",
        arguments: [
            ".", "..", "%2e", "%2E%2e", ".%2e", "%2e.", "%252e%252e", "%25252e", ".;a", "..;", "..%3bx", "%2e%2e;x",
            "..%2f",
            "%2e%2e%2fadmin", "..%5c",
        ])
    func dotSegments(value: String) throws {
        #expect(try failure("/c/{x}/o", ["x": .single(value)])?.code == .dotSegment)
        #expect(try failure("/c/{x}/o", ["x": .single(value)], slashes: ["x"])?.code == .dotSegment)
    }

    @Test("S6: harmless values cannot make a dot segment together")
    func composedDotSegments() throws {
        #expect(try failure("/{a}{b}", ["a": "a", "b": ".b"]) == nil)
        #expect(try failure("/{a}{b}", ["a": "%2", "b": "e"])?.code == .dotSegment)
        #expect(try failure("/.{x}", ["x": "a"]) == nil)
        #expect(try failure("/{a}-{b}", ["a": "x", "b": "y"]) == nil)
        #expect(try failure("/.{x}", ["x": ".."])?.code == .dotSegment)
        #expect(try failure("/.{x}", ["x": ";a"])?.code == .dotSegment)
        #expect(try failure("/{x}.", ["x": "."])?.code == .dotSegment)
    }

    @Test("S6: a slash or backslash is refused unless the parameter allows it, and then encoded")
    func slashes() throws {
        for value in ["a/b", "/", "a\\b", "/etc/passwd", "a/"] {
            #expect(try failure("/c/{x}", ["x": .single(value)])?.code == .slash)
        }
        #expect(try render("/c/{x}", "a/b\\c", slashes: ["x"]) == "/c/a%2Fb%5Cc")
        #expect(try failure("/c/{x}", ["x": "a/b"], slashes: ["y"])?.code == .slash)
        for value in ["a/../b", "../b", "a/..", "a\\..\\b", "./a", "a/%2e%2e/b", "a/..;x/b"] {
            #expect(try failure("/c/{x}", ["x": .single(value)], slashes: ["x"])?.code == .dotSegment, "\(value)")
        }
    }

    @Test("S6: whatever renders is a target that judging accepts")
    func renderedTargetsAreAccepted() throws {
        let pieces = ["a", ".", "%", "2", "e", "/", "\\", ";", "?", "#", " ", "é", "%2e", "%2f", "%00", "\u{1}"]
        for first in pieces {
            for second in pieces {
                for third in pieces {
                    let value = first + second + third
                    guard let path = try? render("/c/{x}/o", .single(value), slashes: ["x"]) else { continue }
                    #expect(throws: Never.self) { try RequestTarget(path, encodedSlashes: .permit) }
                    #expect(path.split(separator: "/").count == 3)
                }
            }
        }
    }

    @Test("S7: CR, LF and NUL are refused in a value")
    func controls() throws {
        for value in ["a\r\nb", "\n", "a\0", "\r"] {
            #expect(try failure("/c/{x}", ["x": .single(value)])?.code == .controlCharacter)
        }
    }

    @Test("S6: empty and missing values are refused, and the error names the parameter, never the value")
    func missing() throws {
        #expect(try failure("/c/{x}", ["x": ""])?.code == .empty)
        #expect(try failure("/c/{x}", ["x": []])?.code == .empty)
        #expect(try failure("/c/{x}", ["x": ["a", ""]])?.code == .empty)
        let error = try #require(try failure("/c/{x}", ["y": "a"]))
        #expect(error.code == .missing)
        #expect(error.description == "The path parameter \"x\" has no value.")
        #expect(try failure("/c/{x}", ["x": "se/cret"])?.description.contains("cret") == false)
    }

    @Test("A list is joined by commas, its items encoded")
    func lists() throws {
        #expect(try render("/c/{x}", ["a", "b,c", "d e"]) == "/c/a,b%2Cc,d%20e")
        #expect(try failure("/c/{x}", ["x": ["a", ".."]])?.code == .dotSegment)
    }

    @Test(
        "T10: raw paths match byte by byte and keep their encoding",
        arguments: [
            ("/customers/{id}", "/customers/7", ["7"]), ("/customers/{id}", "/customers/a%20b", ["a%20b"]),
            ("/customers/{id}", "/customers/", nil), ("/customers/{id}", "/customers", nil),
            ("/customers/{id}", "/customers/7/", nil), ("/customers/{id}", "/customers/7/8", nil),
            ("/customers/{id}", "/Customers/7", nil), ("/customers/{id}", "/%63ustomers/7", nil),
            ("/customers/{id}", "customers/7", nil), ("/customers/{id}", "", nil), ("/", "/", []), ("/", "/a", nil),
            ("/a/", "/a/", []), ("/a/", "/a", nil), ("/{a}/x/{b}", "/1/x/2", ["1", "2"]),
            ("/f/{name}.{ext}", "/f/a.b.c", ["a", "b.c"]), ("/f/{name}.json", "/f/a.json.json", ["a.json"]),
            ("/f/{name}.json", "/f/.json", nil), ("/f/v{n}", "/f/v12", ["12"]), ("/f/v{n}", "/f/v", nil),
            ("/{a}-{b}-{c}", "/1-2-3-4", ["1", "2", "3-4"]), ("/{a}{b}", "/xyz", ["x", "yz"]), ("/{a}{b}", "/x", nil),
            ("/users('{id}')", "/users('7')", ["7"]), ("/users('{id}')", "/users('7'", nil),
        ] as [(String, String, [String]?)])
    func matching(template: String, path: String, expected: [String]?) throws {
        #expect(try PathTemplate(template).match(path)?.map(String.init) == expected)
    }

    @Test("A literal is asked before a mixed segment, and that before a parameter")
    func specificity() throws {
        let texts = ["/c/{id}", "/c/search", "/c/{id}.json", "/{x}/search", "/c/{other}", "/c/{id}/x"]
        let set = PathTemplateSet(try texts.map { text in try PathTemplate(text) })
        #expect(set.firstMatch("/c/search") == 1)
        #expect(set.firstMatch("/c/7") == 0)
        #expect(set.firstMatch("/c/7.json") == 2)
        #expect(set.firstMatch("/d/search") == 3)
        #expect(set.firstMatch("/c/7/x") == 5)
        #expect(set.firstMatch("/d/7") == nil)
        #expect(set.firstMatch("/c/search", where: { $0 != 1 }) == 0)
        #expect(set.firstMatch("/c/7", where: { $0 != 0 }) == 4)
    }
}
