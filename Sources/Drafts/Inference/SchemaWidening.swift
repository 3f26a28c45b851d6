package import Value

/// A schema changed as little as it takes to admit values that were seen and did not follow it.
///
/// What it admitted before it still admits. The values themselves are not needed: what is known of them is the schema
/// inferred from them, so that nothing of a value but names of properties can come into the result. The same input
/// gives the same result.
package struct SchemaWidening: Sendable {
    /// One way in which a value does not follow the schema.
    package struct Mismatch: Sendable, Hashable {
        /// The place in the value.
        package var pointer: JSONPointer
        /// The place of the keyword in the schema; of the schema itself where that is `false`.
        package var schema: JSONPointer
        package var keyword: String

        package init(pointer: JSONPointer, schema: JSONPointer, keyword: String) {
            self.pointer = pointer
            self.schema = schema
            self.keyword = keyword
        }

        /// - Parameter location: a URI reference whose fragment is a JSON Pointer, as violations have it; nil where it
        ///   is none.
        package init?(pointer: JSONPointer, location: String, keyword: String) {
            guard let mark = location.utf8.firstIndex(of: UInt8(ascii: "#")),
                let schema = JSONPointer(text: String(location[location.utf8.index(after: mark)...]))
            else { return nil }
            self.init(pointer: pointer, schema: schema, keyword: keyword)
        }
    }

    /// One place that was changed.
    package struct Change: Sendable, Hashable {
        /// The schema around the keyword.
        package var pointer: JSONPointer
        package var keyword: String
        /// What the schema says now, in words.
        package var message: String
    }

    package private(set) var schema: JSON
    /// In the order in which they were made.
    package private(set) var changes: [Change] = []
    /// What no change of a single place could mend.
    package private(set) var unresolved: [Mismatch] = []

    private let observed: JSON

    /// Widens `schema` once. A value may have hidden further mismatches behind those given: validate again, and widen
    /// what is left.
    ///
    /// - Parameters:
    ///   - schema: the document that the mismatches' places count from.
    ///   - observed: what ``SchemaInference/observation`` says of the values.
    package init(_ schema: JSON, for mismatches: [Mismatch], observed: JSON) {
        self.schema = schema
        self.observed = observed
        // What is inside goes first, since a change around it may move it.
        let sorted = Set(mismatches).sorted { left, right in
            let depths = (left.schema.tokens.count, right.schema.tokens.count)
            if depths.0 != depths.1 { return depths.0 > depths.1 }
            return (left.schema.description, left.pointer.description) < (
                right.schema.description, right.pointer.description
            )
        }
        for mismatch in sorted { mend(mismatch) }
    }

    /// Widens `schema` once; see ``init(_:for:observed:)``.
    package static func widen(schema: JSON, for mismatches: [Mismatch], observed: JSON) -> JSON {
        SchemaWidening(schema, for: mismatches, observed: observed).schema
    }

    private static let mostTokens = 512

    private mutating func mend(_ mismatch: Mismatch) {
        let isNever = mismatch.keyword == "false"
        let place = isNever ? mismatch.schema : (mismatch.schema.parent ?? .root)
        guard mismatch.keyword != "limit", place.tokens.count <= Self.mostTokens else {
            return unresolved.append(mismatch)
        }
        let seen = Self.part(of: observed, at: mismatch.pointer.tokens[...])
        let holder = mismatch.pointer.parent.flatMap { Self.part(of: observed, at: $0.tokens[...]) }
        var message: String?
        Self.edit(&schema, place.tokens[...]) { node in
            if isNever, node == false {
                node = seen.map(WideningStep.loosened) ?? .object([:])
                message = "allows what was seen here"
            } else if var object = node.object {
                let step = WideningStep(
                    keyword: mismatch.keyword, seen: seen?.object, holder: holder?.object,
                    name: mismatch.pointer.tokens.last)
                message = step.apply(to: &object)
                node = .object(object)
            }
        }
        guard let message else { return unresolved.append(mismatch) }
        changes.append(Change(pointer: place, keyword: mismatch.keyword, message: message))
    }

    /// What was inferred of the values at a place; nil where nothing was.
    private static func part(of schema: JSON, at tokens: ArraySlice<String>) -> JSON? {
        var schema = schema
        for token in tokens {
            let next = schema["properties"]?[token] ?? Self.shared(schema, token)
            guard let next else { return nil }
            schema = next
        }
        return schema
    }

    private static func shared(_ schema: JSON, _ token: String) -> JSON? {
        let isIndex = !token.isEmpty && token.utf8.allSatisfy(\.isDigit)
        let others = schema["additionalProperties"]
        guard isIndex, let items = schema["items"] else { return others }
        // Where arrays and maps were seen, a number may be an index or a name.
        return others.map { Self.either($0, items) } ?? items
    }

    /// An inferred schema that values of both follow.
    private static func either(_ left: JSON, _ right: JSON) -> JSON {
        guard left != right, var object = left.object, let other = right.object else { return left }
        guard object["type"] != nil, other["type"] != nil else { return .object([:]) }
        object["type"] = SchemaTypes(left["type"]).union(SchemaTypes(right["type"])).json
        object["format"] = left["format"] == right["format"] ? left["format"] : Optional.none
        for keyword in ["items", "additionalProperties"] {
            object[keyword] = either(object[keyword], other[keyword])
        }
        let required = Set(other["required"]?.array ?? [])
        let bothRequire = (object["required"]?.array ?? []).filter(required.contains)
        object["required"] = bothRequire.isEmpty ? Optional.none : .array(bothRequire)
        var properties = object["properties"]?.object ?? [:]
        for (name, schema) in other["properties"]?.object ?? [:] {
            properties[name] = properties[name].map { either($0, schema) } ?? schema
        }
        if !properties.isEmpty { object["properties"] = .object(properties) }
        return .object(object)
    }

    private static func either(_ left: JSON?, _ right: JSON?) -> JSON? {
        guard let left, let right else { return left ?? right }
        return either(left, right) as JSON
    }

    private static func edit(_ value: inout JSON, _ tokens: ArraySlice<String>, _ change: (inout JSON) -> Void) {
        guard let token = tokens.first else { return change(&value) }
        switch value {
        case .object(var object):
            guard var member = object[token] else { return }
            edit(&member, tokens.dropFirst(), change)
            object[token] = member
            value = .object(object)
        case .array(var elements):
            guard let index = Int(token), elements.indices.contains(index) else { return }
            edit(&elements[index], tokens.dropFirst(), change)
            value = .array(elements)
        case .null, .bool, .number, .string: return
        }
    }
}
