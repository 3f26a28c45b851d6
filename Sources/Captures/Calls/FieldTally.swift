import Drafts
import EgressPolicy
import Value

/// The fields that calls of one endpoint had, of one kind.
struct FieldTally {
    private struct Field {
        var name: String
        /// In how many calls it stood.
        var count = 0
        /// Whether it stood more than once in one.
        var repeats = false
        var values = SchemaInference()
        var description: String?
        var isRequired: Bool?
        /// What it always was; nil where that differs, or is nothing that could be kept.
        var constant: String?
    }

    private var fields: [Field] = []
    private var offsets: [String: Int] = [:]
    /// Whether there were more than can be kept.
    private(set) var isCut = false
    private let ignoresCase: Bool

    static let most = 150

    init(ignoresCase: Bool) {
        self.ignoresCase = ignoresCase
    }

    var names: [String] { fields.map(\.name) }

    /// Adds what stood in one call.
    mutating func add(_ call: [CallField]) {
        var seen: Set<String> = []
        for field in call {
            guard let offset = offset(of: field.name) else { continue }
            if fields[offset].count == 0 { fields[offset].constant = field.text }
            if fields[offset].constant != field.text { fields[offset].constant = nil }
            if seen.insert(key(field.name)).inserted {
                fields[offset].count += 1
            } else {
                fields[offset].repeats = true
            }
            if let text = field.text { fields[offset].values.add(TextValue.json(text)) }
            if fields[offset].description == nil { fields[offset].description = field.description }
            if fields[offset].isRequired == nil { fields[offset].isRequired = field.isRequired }
        }
    }

    /// What fields always were, by their names, of those that were in each of so many calls.
    func constants(calls: Int) -> [String: String] {
        var constants: [String: String] = [:]
        for field in fields where field.count == calls && !field.repeats && field.isRequired != false {
            constants[field.name] = field.constant
        }
        return constants
    }

    private func key(_ name: String) -> String { ignoresCase ? name.lowercased() : name }

    private mutating func offset(of name: String) -> Int? {
        if let offset = offsets[key(name)] { return offset }
        guard fields.count < Self.most else {
            isCut = true
            return nil
        }
        offsets[key(name)] = fields.count
        fields.append(Field(name: name))
        return fields.count - 1
    }

    mutating func merge(_ other: FieldTally) {
        isCut = isCut || other.isCut
        for field in other.fields {
            guard let offset = offset(of: field.name) else { continue }
            if fields[offset].count == 0 { fields[offset].constant = field.constant }
            if fields[offset].constant != field.constant { fields[offset].constant = nil }
            fields[offset].count += field.count
            fields[offset].repeats = fields[offset].repeats || field.repeats
            fields[offset].values.merge(field.values)
            if fields[offset].description == nil { fields[offset].description = field.description }
        }
    }

    /// The parameters for a definition.
    ///
    /// - Parameters:
    ///   - calls: how many there were; what stands in all of several is required.
    ///   - taken: names that are not to be used.
    ///   - kept: what stays as it was, by name.
    ///   - scrub: for what people wrote of them.
    func parameters(
        in location: ParameterLocation, calls: Int, except taken: Set<String>, keeping kept: [String: KeptValue],
        _ scrub: SecretScrub
    ) -> [JSON] {
        fields.compactMap { field in
            guard !taken.contains(field.name) else { return nil }
            let description = field.description.map { scrub.clean($0, limit: 1024) }
            // A default is sent where nothing else is given.
            if let value = kept[key(field.name)] {
                return Self.parameter(
                    field.name, in: location, schema: value.schema, isRequired: false, description: description)
            }
            return Self.parameter(
                field.name, in: location, schema: Self.schema(field.values.schema, repeats: field.repeats),
                isRequired: field.isRequired ?? (calls > 1 && field.count == calls), description: description)
        }
    }

    static func parameter(
        _ name: String, in location: ParameterLocation, schema: JSON, isRequired: Bool, description: String?
    ) -> JSON? {
        guard (try? ParameterFormat(name, in: location)) != nil else { return Optional.none }
        var object: JSONObject = ["name": .string(name), "in": .string(location.rawValue)]
        if isRequired { object["required"] = true }
        if let description, !description.isEmpty { object["description"] = .string(description) }
        object["schema"] = schema
        return .object(object)
    }

    /// A text of several types is a text.
    static func schema(_ inferred: JSON, repeats: Bool = false) -> JSON {
        var schema: JSON = ["type": "string"]
        if inferred["type"]?.string != nil { schema = inferred }
        return repeats ? ["type": "array", "items": schema] : schema
    }
}
