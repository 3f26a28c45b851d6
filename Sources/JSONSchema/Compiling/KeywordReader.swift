import Value

/// One schema's keywords, as far as its dialect and vocabularies know them.
struct KeywordReader {
    let object: JSONObject
    let location: Location
    let resource: Int
    var vocabularies = Vocabularies.standard

    /// The value of a keyword; nil when it is absent or means nothing here.
    func value(_ keyword: String, _ dialect: Schema.Dialect) -> JSON? {
        switch dialect {
        case .draft2020:
            if !vocabularies.contains(.validation), Keyword.validation.contains(keyword) { return nil }
            if !vocabularies.contains(.applicator), Keyword.applicator.contains(keyword) { return nil }
            if !vocabularies.contains(.unevaluated), Keyword.unevaluated.contains(keyword) { return nil }
        case .openAPI30:
            if Keyword.absentFromOpenAPI30.contains(keyword) { return nil }
        case .swagger20:
            if Keyword.absentFromSwagger20.contains(keyword) { return nil }
        }
        return object[keyword]
    }

    func place(_ keyword: String) -> Location { location.appending(keyword) }
}

extension Compiler {
    /// A keyword whose value must be of one kind; nil, with the fault reported, when it is of another.
    mutating func read<Result>(
        _ reader: KeywordReader, _ keyword: String, _ kind: String, _ convert: (JSON) -> Result?
    ) -> Result? {
        guard let value = reader.value(keyword, dialect) else { return nil }
        if let result = convert(value) { return result }
        report(reader.place(keyword), "\(keyword) must be \(kind), not \(value.typeName)")
        return nil
    }

    /// A count: a whole number, not below zero; beyond what fits it is as good as the largest.
    mutating func count(_ reader: KeywordReader, _ keyword: String) -> Int? {
        read(reader, keyword, "a whole number that is not below zero") { value in
            guard let number = value.number, number.isInteger, number >= JSONNumber(0) else { return nil }
            return number.int ?? .max
        }
    }

    mutating func number(_ reader: KeywordReader, _ keyword: String) -> JSONNumber? {
        read(reader, keyword, "a number") { $0.number }
    }

    mutating func flag(_ reader: KeywordReader, _ keyword: String) -> Bool {
        read(reader, keyword, "a boolean") { $0.bool } ?? false
    }

    /// Names without repetition.
    mutating func names(_ reader: KeywordReader, _ keyword: String) -> [String]? {
        read(reader, keyword, "an array of strings") { Self.names($0) }
    }

    static func names(_ value: JSON) -> [String]? {
        guard let elements = value.array else { return nil }
        var names: [String] = []
        var seen: Set<JSON> = []
        for element in elements {
            guard let name = element.string else { return nil }
            if seen.insert(element).inserted { names.append(name) }
        }
        return names
    }

    /// A keyword whose value is a schema; below zero when there is none.
    mutating func schema(_ reader: KeywordReader, _ keyword: String) -> Index {
        guard let value = reader.value(keyword, dialect) else { return -1 }
        return node(value, at: reader.place(keyword), inside: reader)
    }

    /// A keyword whose value is an array of schemas.
    mutating func schemas(_ reader: KeywordReader, _ keyword: String) -> Run32? {
        guard let schemas = read(reader, keyword, "an array of schemas", { $0.array }) else { return nil }
        let nodes = schemas.enumerated().map { offset, schema in
            node(schema, at: reader.place(keyword).appending(String(offset)), inside: reader)
        }
        let run = Run32(start: Index(tables.branches.count), count: Index(schemas.count))
        tables.branches += nodes
        return run
    }
}
