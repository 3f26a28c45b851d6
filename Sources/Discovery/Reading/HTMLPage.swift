/// What of a page may lead to the description of an API.
struct HTMLPage: Sendable {
    /// `<link>`: relations and type in lower case.
    struct Link: Sendable, Hashable {
        var href: String
        var relations: [String]
        var type: String
    }

    /// `<a>`, with the words in it.
    struct Anchor: Sendable, Hashable {
        var href: String
        var text: String
    }

    /// An attribute that names a description's address, as viewers of OpenAPI documents have it.
    struct Attribute: Sendable, Hashable {
        var element: String
        var name: String
        var value: String
    }

    private(set) var links: [Link] = []
    private(set) var anchors: [Anchor] = []
    private(set) var scriptSources: [String] = []
    private(set) var scripts: [String] = []
    private(set) var attributes: [Attribute] = []
    /// The texts of `pre` and of `code` outside of `pre`.
    private(set) var code: [String] = []
    private(set) var base: String?
    private(set) var isCut = false
    /// The first tags of the page: two answers with the same are the same page for our purpose.
    private(set) var skeleton: [String] = []

    private static let mostBytes = 4 << 20
    private static let most = 500
    private static let mostText = 64 << 10
    private static let specification: Set<String> = [
        "spec-url", "data-spec-url", "data-url", "data-openapi-url", "data-openapi", "data-swagger-url",
        "apidescriptionurl", "api-description-url", "data-configuration", "openapi-url", "swagger-url",
    ]
    private static let viewers: Set<String> = ["script", "div", "section", "main", "body", "api-reference"]

    init(_ bytes: [UInt8]) {
        var reader = Reader()
        var tokenizer = HTMLTokenizer(bytes.prefix(Self.mostBytes))
        while let token = tokenizer.next() { read(token, &reader) }
        finishCode(&reader)
        isCut = tokenizer.isCut || bytes.count > Self.mostBytes
    }

    private struct Reader {
        var element = ""
        var codeDepth = 0
        var code = ""
        var anchor: Int?
        var isDataScript = false
    }

    private mutating func read(_ token: HTMLTokenizer.Token, _ reader: inout Reader) {
        switch token {
        case .start(let name, let attributes):
            reader.element = name
            if skeleton.count < 100 { skeleton.append(name + (attributes["src"].map { " " + $0 } ?? "")) }
            start(name, attributes, &reader)
        case .end(let name):
            reader.element = ""
            if name == "a" { reader.anchor = nil }
            if name == "pre" || name == "code", reader.codeDepth > 0 {
                reader.codeDepth -= 1
                if reader.codeDepth == 0 { finishCode(&reader) }
            }
        case .text(let text):
            if reader.element == "script" {
                if scripts.count < 64 { scripts.append(text) }
            } else if reader.element != "style" {
                if let anchor = reader.anchor { append(text, to: &anchors[anchor].text, 200) }
                if reader.codeDepth > 0 { append(text, to: &reader.code, Self.mostText) }
            }
        }
    }

    private mutating func start(_ name: String, _ attributes: [String: String], _ reader: inout Reader) {
        collect(name, attributes)
        switch name {
        case "base": base = base ?? attributes["href"]
        case "br" where reader.codeDepth > 0: append("\n", to: &reader.code, Self.mostText)
        case "pre", "code": reader.codeDepth = min(reader.codeDepth + 1, 16)
        case "script":
            if let source = attributes["src"], scriptSources.count < Self.most { scriptSources.append(source) }
        case "link":
            guard let href = attributes["href"], links.count < Self.most else { return }
            let relations = ASCIIText.lowercased((attributes["rel"] ?? "").utf8).split(separator: " ").map(String.init)
            links.append(Link(href: href, relations: relations, type: WebLink.mediaType(attributes["type"] ?? "")))
        case "a":
            guard let href = attributes["href"], anchors.count < Self.most else { return reader.anchor = nil }
            anchors.append(Anchor(href: href, text: ""))
            reader.anchor = anchors.count - 1
        default: break
        }
    }

    private mutating func collect(_ element: String, _ attributes: [String: String]) {
        guard self.attributes.count < 64 else { return }
        for (name, value) in attributes.sorted(by: { $0.key < $1.key })
        where Self.specification.contains(name) && !value.isEmpty {
            // `data-url` is everybody's word: only where a viewer is set up does it mean a description.
            let isKnown = !name.hasPrefix("data-url") || Self.viewers.contains(element)
            if isKnown { self.attributes.append(Attribute(element: element, name: name, value: value)) }
        }
    }

    private mutating func finishCode(_ reader: inout Reader) {
        if !reader.code.isEmpty, code.count < Self.most { code.append(reader.code) }
        reader.code = ""
        reader.codeDepth = 0
    }

    private func append(_ text: String, to target: inout String, _ most: Int) {
        let room = most - target.utf8.count
        if room > 0 { target += room >= text.utf8.count ? text : String(text.prefix(room / 4)) }
    }
}
