import Value

/// The arguments of a call as typed: `key=text`, or `key:=JSON` where the type must be said.
struct Arguments: Sendable {
    private(set) var object = JSONObject()
    /// Keys whose text could also be a number, a truth value, null, a list or an object.
    private(set) var ambiguous: [String] = []

    init(_ words: [String]) throws(CommandFailure) {
        for word in words {
            guard let mark = word.firstIndex(of: "="), mark != word.startIndex else {
                throw CommandFailure(
                    .usage, "an argument must be key=value, as in customer_id=cust_12345",
                    notes: ["For a whole JSON object use --json."])
            }
            var key = word[..<mark]
            let text = String(word[word.index(after: mark)...])
            let isJSON = key.last == ":"
            if isJSON { key.removeLast() }
            guard !key.isEmpty else { throw CommandFailure(.usage, "an argument needs a name before the =") }
            guard object.add(String(key), try Self.value(text, isJSON: isJSON, key)) == nil else {
                throw CommandFailure(.usage, "the argument \(key) is given twice")
            }
            if !isJSON, let parsed = try? JSON.parse(text), parsed.string == nil { ambiguous.append(String(key)) }
        }
    }

    /// Gives ambiguous texts the type that the endpoint's schema names; what it does not name stays text.
    mutating func settle(_ schema: JSON) {
        for key in ambiguous {
            guard case .string(let text)? = object[key], let parsed = try? JSON.parse(text),
                let type = schema["properties"]?[key]?["type"]
            else { continue }
            let types = type.string.map { [$0] } ?? (type.array ?? []).compactMap(\.string)
            if !types.contains("string"), types.contains(where: { Self.is(parsed, $0) }) { object[key] = parsed }
        }
    }

    private static func value(_ text: String, isJSON: Bool, _ key: Substring) throws(CommandFailure) -> JSON {
        guard isJSON else { return .string(text) }
        do throws(JSONParseError) {
            return try JSON.parse(text)
        } catch {
            throw CommandFailure(.usage, "the argument \(key) is not JSON: \(error)")
        }
    }

    private static func `is`(_ value: JSON, _ type: String) -> Bool {
        switch (type, value) {
        case ("integer", .number(let number)): number.isInteger
        case ("number", .number), ("boolean", .bool), ("null", .null), ("array", .array), ("object", .object): true
        default: false
        }
    }
}
