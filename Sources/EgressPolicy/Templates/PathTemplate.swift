/// The path of an endpoint: `/customers/{customer_id}`, `/files/{name}.{format}`.
///
/// A parameter stands for one or more bytes of one segment. It can never change how many segments there are (S6).
package struct PathTemplate: Sendable, Hashable, CustomStringConvertible {
    enum Part: Sendable, Hashable {
        case literal([UInt8])
        /// The index of a parameter in ``names``.
        case parameter(Int)
    }

    /// As it was written.
    package let description: String
    /// The parameters' names, in order of appearance; no two alike.
    package let names: [String]
    let segments: [[Part]]

    /// The base URL itself, with nothing added to it.
    package static let base = PathTemplate()

    private init() {
        description = ""
        names = []
        segments = []
    }

    /// Parses `text`.
    /// - Throws: `RuleError` for unbalanced braces, empty, odd or repeated names, a query, and a path that no request
    ///   target could have.
    package init(_ text: some StringProtocol) throws(RuleError) {
        guard text.utf8.first == UInt8.slash else {
            throw RuleError(text, "is not a path template: start it with a slash, as in /customers/{customer_id}")
        }
        var parser = TemplateParser(text: String(text))
        try parser.run()
        description = parser.text
        names = parser.names
        segments = parser.segments
    }
}

private struct TemplateParser {
    let text: String
    var names: [String] = []
    var segments: [[PathTemplate.Part]] = [[]]
    private var literal: [UInt8] = []
    /// The template with every parameter replaced by a letter, to be judged as a target.
    private var sample: [UInt8] = [.slash]

    init(text: String) { self.text = text }

    mutating func run() throws(RuleError) {
        var rest = text.utf8.dropFirst()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "{"):
                endLiteral()
                try addParameter(&rest)
            case UInt8(ascii: "}"):
                throw RuleError(text, "has a closing brace without an opening one")
            case UInt8(ascii: "?"):
                throw RuleError(text, "has a query: declare its parts as query parameters")
            case .slash:
                endLiteral()
                segments.append([])
                sample.append(byte)
            default:
                literal.append(byte)
                sample.append(byte)
            }
        }
        endLiteral()
        do {
            _ = try RequestTarget(String(decoding: sample, as: UTF8.self))
        } catch {
            throw RuleError(text, "cannot be requested. \(error)".dropFullStop())
        }
    }

    private mutating func endLiteral() {
        if !literal.isEmpty { segments[segments.count - 1].append(.literal(literal)) }
        literal = []
    }

    private mutating func addParameter(_ rest: inout Substring.UTF8View) throws(RuleError) {
        guard let end = rest.firstIndex(of: UInt8(ascii: "}")) else {
            throw RuleError(text, "has an opening brace without a closing one")
        }
        let name = rest[..<end]
        rest = rest[rest.index(after: end)...]
        guard !name.isEmpty, name.allSatisfy({ $0.isUnreserved || "$:@".utf8.contains($0) }) else {
            let shown = quoted(Substring(name))
            throw RuleError(text, "has a parameter named \(shown): use letters, digits, underscores, hyphens and dots")
        }
        let known = String(Substring(name))
        if names.contains(known) { throw RuleError(text, "has the parameter \(quoted(known)) twice") }
        segments[segments.count - 1].append(.parameter(names.count))
        names.append(known)
        sample.append(UInt8(ascii: "x"))
    }
}
