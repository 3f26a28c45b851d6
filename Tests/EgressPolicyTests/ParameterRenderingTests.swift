import EgressPolicy
import Testing

/// The styles' table of OpenAPI 3.1 (section 4.8.12.4), with values of our own.
@Suite("Parameter styles")
struct ParameterRenderingTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var location: ParameterLocation
        var style: ParameterStyle
        var explode: Bool
        /// For an empty string, a string, an array and an object; nil where the style does not have that shape.
        var empty, scalar, array, object: String?

        init(
            _ location: ParameterLocation, _ style: ParameterStyle, explode: Bool, _ empty: String?,
            _ scalar: String?, _ array: String?, _ object: String?
        ) {
            (self.location, self.style, self.explode) = (location, style, explode)
            (self.empty, self.scalar, self.array, self.object) = (empty, scalar, array, object)
        }

        var testDescription: String { "\(location) \(style) \(explode ? "exploded" : "joined")" }
    }

    static let array = ParameterValue.array(["red", "dark blue", "a,b"])
    static let object = ParameterValue.object([.init("w", "10"), .init("h", "2 m"), .init("n", "")])

    static let table: [Row] = [
        // A path's fragment stands behind an x.
        Row(.path, .simple, explode: false, nil, "xé", "xred,dark%20blue,a%2Cb", "xw,10,h,2%20m,n,"),
        Row(.path, .simple, explode: true, nil, "xé", "xred,dark%20blue,a%2Cb", "xw=10,h=2%20m,n="),
        Row(.path, .label, explode: false, "x.", "x.é", "x.red,dark%20blue,a%2Cb", "x.w,10,h,2%20m,n,"),
        Row(.path, .label, explode: true, "x.", "x.é", "x.red.dark%20blue.a%2Cb", "x.w=10.h=2%20m.n="),
        Row(.path, .matrix, explode: false, "x;p", "x;p=é", "x;p=red,dark%20blue,a%2Cb", "x;p=w,10,h,2%20m,n,"),
        Row(.path, .matrix, explode: true, "x;p", "x;p=é", "x;p=red;p=dark%20blue;p=a%2Cb", "x;w=10;h=2%20m;n"),
        Row(.query, .form, explode: false, "p=", "p=é", "p=red,dark%20blue,a%2Cb", "p=w,10,h,2%20m,n,"),
        Row(.query, .form, explode: true, "p=", "p=é", "p=red&p=dark%20blue&p=a%2Cb", "w=10&h=2%20m&n="),
        Row(.query, .deepObject, explode: true, nil, nil, nil, "p%5Bw%5D=10&p%5Bh%5D=2%20m&p%5Bn%5D="),
        Row(.query, .deepObject, explode: false, nil, nil, nil, "p%5Bw%5D=10&p%5Bh%5D=2%20m&p%5Bn%5D="),
        Row(
            .query, .pipeDelimited, explode: false, "p=", "p=é", "p=red%7Cdark%20blue%7Ca%2Cb",
            "p=w%7C10%7Ch%7C2%20m%7Cn%7C"),
        Row(.query, .pipeDelimited, explode: true, "p=", "p=é", "p=red&p=dark%20blue&p=a%2Cb", nil),
        Row(.query, .spaceDelimited, explode: true, "p=", "p=é", "p=red&p=dark%20blue&p=a%2Cb", nil),
        // Items of this style cannot hold a space: see below.
        Row(.query, .spaceDelimited, explode: false, "p=", "p=é", nil, nil),
        Row(.cookie, .form, explode: false, "p=", "p=é", "p=red,dark%20blue,a%2Cb", "p=w,10,h,2%20m,n,"),
        Row(.cookie, .form, explode: true, "p=", "p=é", "p=red; p=dark%20blue; p=a%2Cb", "w=10; h=2%20m; n="),
        // Headers are not encoded, so their items cannot hold a comma: see below.
        Row(.header, .simple, explode: false, "", "é", nil, "w,10,h,2 m,n,"),
        Row(.header, .simple, explode: true, "", "é", nil, "w=10,h=2 m,n="),
    ]

    private func write(_ value: ParameterValue, as format: ParameterFormat, _ template: String = "/c/x{p}/o") throws
        -> String?
    {
        var rendering = ParameterRendering()
        try rendering.add(value, as: format)
        switch format.location {
        case .path: return try rendering.target(PathTemplate(template))
        case .query: return rendering.query
        case .cookie: return rendering.cookie
        case .header: return rendering.headers.first?.value
        }
    }

    private func failure(_ body: () throws -> Void) -> ParameterError? {
        do {
            try body()
            return nil
        } catch {
            return error as? ParameterError
        }
    }

    private func code(
        _ value: ParameterValue, in location: ParameterLocation, _ style: ParameterStyle? = nil, explode: Bool? = nil,
        slash: Bool = false, reserved: Bool = false, _ template: String = "/c/{p}/o"
    ) -> ParameterError.Code? {
        failure {
            let format = try ParameterFormat(
                "p", in: location, style: style, explode: explode, allowsReserved: reserved, allowsSlash: slash)
            _ = try write(value, as: format, template)
        }?.code
    }

    @Test("each style writes each shape as OpenAPI's table says, or refuses it", arguments: table)
    func matrix(row: Row) throws {
        let format = try ParameterFormat("p", in: row.location, style: row.style, explode: row.explode)
        let columns: [(ParameterValue, String?)] = [
            (.scalar(""), row.empty), (.scalar("é"), row.scalar), (Self.array, row.array), (Self.object, row.object),
        ]
        for (value, expected) in columns {
            guard let expected else {
                #expect(throws: ParameterError.self) { try write(value, as: format) }
                continue
            }
            let encoded = row.location == .header ? expected : expected.replacing("é", with: "%C3%A9")
            #expect(try write(value, as: format) == (row.location == .path ? "/c/\(encoded)/o" : encoded))
        }
    }

    @Test("an empty array or object is as if it were not there", arguments: table)
    func undefined(row: Row) throws {
        let format = try ParameterFormat("p", in: row.location, style: row.style, explode: row.explode)
        for value in [ParameterValue.array([]), .object([])] {
            let isPossible = row.style != .deepObject || value == .object([])
            let isExplodedObject =
                value == .object([]) && row.explode && [.spaceDelimited, .pipeDelimited].contains(row.style)
            if !isPossible || isExplodedObject {
                #expect(failure { _ = try write(value, as: format) }?.code == .shape)
            } else if row.location == .path {
                if row.style == .simple {
                    #expect(failure { _ = try write(value, as: format) }?.code == .empty)
                } else {
                    #expect(try write(value, as: format) == "/c/x/o")
                    #expect(failure { _ = try write(value, as: format, "/c/{p}/o") }?.code == .empty)
                }
            } else {
                #expect(try write(value, as: format) == nil)
            }
        }
    }

    @Test("what a style cannot write apart from its separator is refused")
    func separators() throws {
        #expect(code(.array(["a b"]), in: .query, .spaceDelimited) == .separator)
        #expect(code(.array(["a|b"]), in: .query, .pipeDelimited) == .separator)
        #expect(code(.array(["a b"]), in: .query, .spaceDelimited, explode: true) == nil)
        #expect(code(.array(["a,b"]), in: .header) == .separator)
        #expect(code(.array(["a,b"]), in: .header, explode: true) == .separator)
        #expect(code(.object([.init("a=b", "c")]), in: .header, explode: true) == .separator)
        #expect(code(.object([.init("a", "c,d")]), in: .header, explode: true) == .separator)
        #expect(code("a, b=c", in: .header) == nil)
        let spaces = try ParameterFormat("p", in: .query, style: .spaceDelimited)
        #expect(try write(.array(["a", "b"]), as: spaces) == "p=a%20b")
        #expect(try write(.object([.init("a", "b")]), as: spaces) == "p=a%20b")
        let header = try ParameterFormat("X-Ids", in: .header)
        #expect(try write(.array(["a", "b c"]), as: header) == "a,b c")
    }

    @Test("defaults are OpenAPI's")
    func defaults() throws {
        let styles: [(ParameterLocation, ParameterStyle, Bool)] = [
            (.path, .simple, false), (.query, .form, true), (.header, .simple, false), (.cookie, .form, true),
        ]
        for (location, style, explode) in styles {
            let format = try ParameterFormat("p", in: location)
            #expect(format.style == style && format.explode == explode && !format.allowsReserved)
        }
        #expect(try ParameterFormat("p", in: .query, style: .pipeDelimited).explode == false)
    }

    @Test("a style stands only where OpenAPI has it", arguments: ParameterLocation.allCases)
    func styles(location: ParameterLocation) {
        for style in ParameterStyle.allCases {
            let format = try? ParameterFormat("p", in: location, style: style)
            #expect((format != nil) == location.styles.contains(style))
        }
        #expect(location.styles.contains(location.defaultStyle))
    }

    @Test("S8: a header parameter cannot be one that arguments may not set, and no property becomes one")
    func reservedHeaders() throws {
        for name in ["Host", "authorization", "Cookie", "Content-Length", "X-Forwarded-For", "X_HTTP_Method_Override"] {
            #expect(throws: RuleError.self) { try ParameterFormat(name, in: .header) }
        }
        for name in ["", "a b", "a:b", "a\r\nb", "é"] {
            #expect(throws: RuleError.self) { try ParameterFormat(name, in: .header) }
            #expect(throws: RuleError.self) { try ParameterFormat(name, in: .cookie) }
        }
        #expect(throws: RuleError.self) { try ParameterFormat("a\0", in: .query) }
    }

    @Test("S8: an exploded object cannot take the place of another parameter or of the credential")
    func reservedNames() throws {
        var rendering = ParameterRendering(reserving: ["api_key", "limit"])
        let query = try ParameterFormat("filter", in: .query)
        let cookie = try ParameterFormat("session", in: .cookie)
        for format in [query, cookie] {
            for name in ["api_key", "API_Key", "limit"] {
                let error = failure { try rendering.add(.object([.init("a", "1"), .init(name, "2")]), as: format) }
                #expect(error?.code == .reservedName)
                #expect(error?.parameter == format.name)
            }
        }
        let bad = failure { try rendering.add(.object([.init("a; admin", "1")]), as: cookie) }
        #expect(bad?.code == .badName)
        #expect(failure { try rendering.add(.object([.init("", "1")]), as: query) }?.code == .badName)
        #expect(failure { try rendering.add(.object([.init("a\r\n", "1")]), as: query) }?.code == .badName)
        #expect(rendering.query == nil && rendering.cookie == nil)
        try rendering.add(.object([.init("a&b=c", "1")]), as: query)
        try rendering.add("7", as: ParameterFormat("limit", in: .query))
        #expect(rendering.query == "a%26b%3Dc=1&limit=7")
    }

    @Test("reserved characters stay where they may, and nothing ends the value or adds a parameter")
    func allowReserved() throws {
        let format = try ParameterFormat("p", in: .query, allowsReserved: true)
        #expect(
            try write("a/b?c:d@e!$'()*+,;=f", as: format) == "p=a/b?c:d@e!$'()*+,;=f")
        #expect(try write("a&b#c[d]e f%g", as: format) == "p=a%26b%23c%5Bd%5De%20f%25g")
        #expect(try write("100%25%zz%2", as: format) == "p=100%25%25zz%252")
        #expect(try write("é\r\n", as: format) == "p=%C3%A9%0D%0A")
        let joined = try ParameterFormat("p", in: .query, explode: false, allowsReserved: true)
        #expect(try write(.array(["a,b", "c/d"]), as: joined) == "p=a%2Cb,c/d")
        #expect(code("%00", in: .query, reserved: true) == .controlCharacter)
        #expect(try !ParameterFormat("p", in: .path, allowsReserved: true).allowsReserved)
    }

    @Test("S6: no value in any style changes how many segments a path has")
    func segments() throws {
        let texts = [".", "..", "%2e", "%2E%2e", ".%2e", "%252e%252e", "..;a", "a/b", "a\\b", "/", "../a", "%2f"]
        for style in [ParameterStyle.simple, .label, .matrix] {
            for explode in [false, true] {
                for text in texts + [";", "?", "#", "%", "a?b#c", " ", ",", "="] {
                    for value in [
                        ParameterValue.scalar(text), .array([text]), .array(["a", text]), .object([.init(text, "a")]),
                        .object([.init("a", text)]),
                    ] {
                        let format = try ParameterFormat("p", in: .path, style: style, explode: explode)
                        let slashes = try ParameterFormat(
                            "p", in: .path, style: style, explode: explode, allowsSlash: true)
                        for template in ["/c/{p}/o", "/c/x{p}/o", "/c/.{p}/o"] {
                            if let path = try? write(value, as: format, template) {
                                #expect(throws: Never.self) { try RequestTarget(path) }
                                #expect(path.split(separator: "/").count == 3)
                            }
                            if let path = try? write(value, as: slashes, template) {
                                #expect(throws: Never.self) { try RequestTarget(path, encodedSlashes: .permit) }
                                #expect(path.split(separator: "/").count == 3)
                            }
                        }
                    }
                }
                for text in texts.dropLast() {
                    #expect(code(.scalar(text), in: .path, style, explode: explode) != nil, "\(text)")
                    #expect(code(.array(["a", text]), in: .path, style, explode: explode) != nil, "\(text)")
                }
            }
        }
    }

    @Test("S6: dot segments that styles make are refused, slashes only where not allowed")
    func composed() {
        #expect(code("", in: .path, .label) == .dotSegment)
        #expect(code("", in: .path, .label, "/c/.{p}") == .dotSegment)
        #expect(code("x", in: .path, .label, "/c/.{p}") == nil)
        #expect(code("a", in: .path, .matrix, "/c/..{p}x") == .dotSegment)
        #expect(code("a/b", in: .path) == .slash)
        #expect(code("a/b", in: .path, slash: true) == nil)
        #expect(code("a/../b", in: .path, slash: true) == .dotSegment)
        #expect(code("", in: .path) == .empty)
        #expect(code("a", in: .path, nil, "/c/{q}") == .missing)
    }

    @Test("S7: CR, LF and NUL never leave as they are")
    func controls() throws {
        for text in ["a\r\nb", "\n", "\r", "a\0"] {
            #expect(code(.scalar(text), in: .path) == .controlCharacter)
            #expect(code(.scalar(text), in: .header) == .controlCharacter)
            #expect(code(.array(["a", text]), in: .header, explode: true) == .controlCharacter)
            #expect(code(.object([.init(text, "a")]), in: .header, explode: true) == .controlCharacter)
            #expect(code(.object([.init(text, "a")]), in: .path, explode: true) == .controlCharacter)
        }
        for text in [" a", "a\t", "\u{1}", "a\u{7f}"] { #expect(code(.scalar(text), in: .header) == .fieldValue) }
        for location in [ParameterLocation.query, .cookie] {
            #expect(code("a\0", in: location) == .controlCharacter)
            #expect(try write("a\r\n; b=c", as: ParameterFormat("p", in: location)) == "p=a%0D%0A%3B%20b%3Dc")
        }
    }

    @Test("parameters of one request stand beside each other, and an error leaves what was there")
    func together() throws {
        var rendering = ParameterRendering()
        try rendering.add("7", as: ParameterFormat("id", in: .path))
        try rendering.add(.array(["v"]), as: ParameterFormat("m", in: .path, style: .matrix))
        try rendering.add("a", as: ParameterFormat("x", in: .query))
        try rendering.add(.array(["b", "c"]), as: ParameterFormat("y", in: .query))
        try rendering.add("1", as: ParameterFormat("s", in: .cookie))
        try rendering.add("2", as: ParameterFormat("t", in: .cookie))
        try rendering.add("h", as: ParameterFormat("X-One", in: .header))
        let template = try PathTemplate("/c/{id}{m}/o")
        #expect(failure { try rendering.add("a\0", as: ParameterFormat("z", in: .query)) } != nil)
        #expect(try rendering.target(template) == "/c/7;m=v/o?x=a&y=b&y=c")
        #expect(rendering.cookie == "s=1; t=2")
        #expect(rendering.headers.map(\.name) == ["X-One"])
        #expect(try ParameterRendering().target(PathTemplate("/")) == "/")
        #expect(try ParameterRendering().target(PathTemplate("/a/")) == "/a/")
    }

    @Test("an error names the parameter, never its value")
    func errors() {
        let error = failure { _ = try write("se/cret", as: ParameterFormat("p", in: .path)) }
        #expect(error?.description == "The parameter \"p\" contains a slash or backslash, which would change the path.")
    }
}
