import JSONSchema
package import Value

/// One schema of an API, compiled together with all others of that API, so that what they share is there once.
package struct EndpointSchema: Sendable {
    /// One way in which a value does not follow its schema.
    package struct Mismatch: Sendable, Hashable {
        /// Where in the value.
        package let pointer: JSONPointer
        /// The keyword of JSON Schema that refuses it.
        package let keyword: String
        /// In words; never repeats the value.
        package let message: String
        /// The keyword's place, as the engine tells it: of use to ``schema`` alone.
        let location: String

        /// Where the keyword stands in the endpoint's self-contained schema.
        package var schema: JSONPointer { SchemaPlaces.inner(location) }
    }

    /// Which way the value goes: `readOnly` members do not belong into requests, `writeOnly` ones not into answers.
    package enum Direction: Sendable {
        case request, response
    }

    private let all: Schema
    private let key: String
    private let direction: Direction

    /// - Parameters:
    ///   - all: the schema of an object that has this schema's subject under `key`.
    init(_ all: Schema, key: String, direction: Direction) {
        self.all = all
        self.key = key
        self.direction = direction
    }

    /// The first mismatches; none where the value follows the schema.
    ///
    /// - Parameter limit: how many are looked for at most.
    package func mismatches(of value: JSON, limit: Int = 32) -> [Mismatch] {
        mismatches(of: value, tolerating: [], limit: limit)
    }

    /// What arguments are refused for, and what they are only warned of: `readOnly` properties, and formats as the API
    /// has it. Of refused arguments nothing is remarked.
    ///
    /// - Parameter limit: how many of either are looked for at most.
    package func judge(
        _ arguments: JSON, formats: CompiledAPI.Validation, limit: Int = 32
    ) -> (mismatches: [Mismatch], remarks: [Mismatch]) {
        let unwatched: Schema.Tolerance = formats == .off ? .formats : []
        let all = mismatches(of: arguments, tolerating: unwatched, limit: limit)
        guard !all.isEmpty else { return ([], []) }
        let tolerance: Schema.Tolerance = formats == .strict ? .readOnly : [.readOnly, .formats]
        let refused = mismatches(of: arguments, tolerating: tolerance, limit: limit)
        return refused.isEmpty ? ([], all) : (refused, [])
    }

    private func mismatches(of value: JSON, tolerating tolerance: Schema.Tolerance, limit: Int) -> [Mismatch] {
        let wrapped = JSON.object(JSONObject([(key, value)]))
        let way: Schema.Direction = direction == .request ? .request : .response
        return all.validate(wrapped, direction: way, tolerating: tolerance, limit: limit).map {
            Mismatch(
                pointer: JSONPointer(Array($0.pointer.tokens.dropFirst())), keyword: $0.keyword, message: $0.message,
                location: $0.schema)
        }
    }
}
