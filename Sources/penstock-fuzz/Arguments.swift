/// What the command line says.
struct Arguments {
    enum Mode {
        case run
        /// Tries cases in this process, noting in a file which one is at work.
        case child(first: Int, count: Int, progress: String)
        /// Writes one case's input.
        case write(index: Int, path: String)
        /// Tries the input in a file.
        case replay(path: String)
    }

    static let usage = """
        usage: penstock-fuzz json-schema|openapi|yaml|http1 [--seconds N] [--seed N] [--corpus FOLDER] [--findings FOLDER]
               penstock-fuzz json-schema|openapi|yaml|http1 --replay FILE
        """

    private(set) var name = ""
    private(set) var mode = Mode.run
    private(set) var seconds = 60
    private(set) var seed: UInt64 = 1
    private(set) var corpus: String?
    private(set) var findings = "fuzz-findings"

    init?(_ arguments: [String]) {
        var rest = arguments.dropFirst()
        guard let name = rest.popFirst() else { return nil }
        self.name = name
        while let option = rest.popFirst() {
            guard let value = rest.popFirst() else { return nil }
            switch option {
            case "--seconds": seconds = Int(value) ?? seconds
            case "--seed": seed = UInt64(value) ?? seed
            case "--corpus": corpus = value
            case "--findings": findings = value
            case "--replay": mode = .replay(path: value)
            case "--write":
                guard let index = Int(value), let path = rest.popFirst() else { return nil }
                mode = .write(index: index, path: path)
            case "--child":
                guard let first = Int(value), let count = rest.popFirst().flatMap({ Int($0) }),
                    let progress = rest.popFirst()
                else { return nil }
                mode = .child(first: first, count: count, progress: progress)
            default: return nil
            }
        }
    }

    func target() -> (any FuzzTarget)? {
        switch name {
        case "json-schema": SchemaTarget(corpus: corpus)
        case "openapi": OpenAPITarget(corpus: corpus)
        case "yaml": YAMLTarget(corpus: corpus)
        case "http1": HTTP1Target()
        default: nil
        }
    }
}
