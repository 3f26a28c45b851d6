/// `--name value` pairs of one command.
struct Options {
    private var values: [String: String] = [:]

    init(_ words: some Sequence<String>) throws {
        var words = words.makeIterator()
        while let name = words.next() {
            guard name.hasPrefix("--"), let value = words.next() else { throw BenchError("\(name) has no value") }
            values[String(name.dropFirst(2))] = value
        }
    }

    func text(_ name: String) throws -> String {
        guard let value = values[name] else { throw BenchError("--\(name) is missing") }
        return value
    }

    func optionalText(_ name: String) -> String? {
        values[name]
    }

    func number(_ name: String) throws -> Int {
        guard let number = Int(try text(name)), number > 0 else { throw BenchError("--\(name) is no positive number") }
        return number
    }

    func address(_ name: String) throws -> (host: String, port: Int) {
        let text = try text(name)
        guard let colon = text.lastIndex(of: ":"), let port = Int(text[text.index(after: colon)...]) else {
            throw BenchError("--\(name) is no HOST:PORT")
        }
        return (String(text[..<colon]), port)
    }
}
