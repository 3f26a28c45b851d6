import JSONSchema
import Value

/// Random and mutated schemas, and values to be validated by them.
struct SchemaTarget: FuzzTarget {
    private let seeds: [JSON]
    private let mutation: JSONMutation
    private let values: JSONMutation

    /// Stands in values and never in schemas: no message may hold it.
    private static let canary = "quokka7391"
    private static let options = Schema.Options(
        limits: Schema.Limits(schemas: 5000, depth: 128, work: 100_000, patternSteps: 20_000))

    init(corpus: String?) {
        var seeds = SchemaSeeds.all
        for path in corpus.map({ Files.all(in: $0, endings: [".json"]) }) ?? [] {
            guard let bytes = Files.bytes(path), bytes.count < 1 << 20,
                let document = try? JSON.parse(bytes, limits: JSONLimits(depth: 512))
            else { continue }
            let groups = document.array?.compactMap { $0["schema"] } ?? []
            seeds += groups.isEmpty ? [document] : groups
        }
        self.seeds = seeds
        let parts = seeds.flatMap { $0.parts(most: 200) }.filter { $0.text().utf8.count < 2000 }
        mutation = JSONMutation(
            parts: parts, names: SchemaSeeds.keywords + ["a", "b"], texts: SchemaSeeds.texts,
            member: { SchemaSeeds.member($0.below(4), &$0, parts) })
        values = JSONMutation(
            parts: [[Self.canary: 1], [.string(Self.canary)]], names: ["a", "b", "foo", "bar", "kind", "", "x-1", "é"],
            texts: [
                Self.canary, "a" + Self.canary, "2026-01-01", "2026-01-01T10:00:00Z", "x@y.zz", "127.0.0.1", "::1",
                "https://a/b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!", "P1D", "abc-1234", "/a/b", "^a$",
            ])
    }

    func input(seed: UInt64, index: Int) -> [UInt8] {
        var random = SplitMix64(seed: seed &* 0x9E37_79B9 &+ UInt64(index))
        var schema = random.pick(seeds) ?? true
        switch random.below(8) {
        case 0: schema = mutation.value(4, &random)
        case 1...4: schema = SchemaSeeds.schema(4, &random, mutation.parts)
        default: break
        }
        schema = mutation.mutated(schema, times: random.below(4), &random)
        let dialects: [JSON] = ["2020-12", "2020-12", "2020-12", "3.0", "2.0"]
        var instances = (0..<3).map { _ in values.value(4, &random) }
        if let bounded = try? Schema(schema, options: Self.options) {
            var samples = SampleGenerator(schema, seed: random.next()) { value in
                bounded.isValid(value) ? [] : bounded.validate(value, limit: 4).map(\.pointer)
            }
            if let sample = samples.next() {
                instances += [sample, values.mutated(sample, times: 1 + random.below(3), &random)]
            }
        }
        let input: JSON = [
            "dialect": random.pick(dialects) ?? "2020-12", "schema": schema, "instances": .array(instances),
            "strict": .bool(random.oneIn(8)),
        ]
        return input.bytes()
    }

    func fault(of input: [UInt8]) -> String? {
        guard let parsed = try? JSON.parse(input, limits: JSONLimits(depth: 1000)), let document = parsed["schema"]
        else {
            return nil
        }
        let dialect: Schema.Dialect =
            switch parsed["dialect"]?.string {
            case "3.0": .openAPI30
            case "2.0": .swagger20
            default: .draft2020
            }
        var random = SplitMix64(seed: UInt64(input.count))
        var options = Self.options
        options.refusesUnknownKeywords = parsed["strict"]?.bool ?? false
        let first = compile(document, dialect, options)
        let again = compile(document, dialect, options)
        // Which of two schemas with one name is meant depends on the order.
        let other = compile(document.hasNamesakes ? document : document.shuffled(&random), dialect, options)
        switch (first, again) {
        case (.failure(let left), .failure(let right)):
            if left != right { return "compiles to different faults" }
        case (.success, .success): break
        default: return "compiles only sometimes"
        }
        guard case .success(let schema) = first, case .success(let twin) = again else {
            if case .success = other { return "compiles in another order" }
            return nil
        }
        guard case .success(let shuffled) = other else { return "does not compile in another order" }
        for instance in parsed["instances"]?.array ?? [] {
            for direction in [Schema.Direction.either, .request, .response] {
                let violations = schema.validate(instance, direction: direction)
                if violations != twin.validate(instance, direction: direction) {
                    return "two answers: \(instance.text())"
                }
                if let fault = Self.fault(in: violations, of: instance) { return fault }
                let isValid = schema.isValid(instance, direction: direction)
                if isValid != violations.isEmpty { return "two minds about \(instance.text())" }
                // What took too much work may take less in another order.
                if violations.contains(where: { $0.keyword == "limit" }) { continue }
                let first = schema.validate(instance, direction: direction, limit: 1)
                if first != Array(violations.prefix(1)) { return "another first violation of \(instance.text())" }
                for (name, other) in [
                    ("shuffled", instance.shuffled(&random)), ("respelt", instance.respelt),
                    ("reread", (try? JSON.parse(instance.bytes(), limits: JSONLimits(depth: 1000))) ?? .null),
                ] where !Self.agrees(schema, other, direction, isValid) { return "\(name): \(instance.text())" }
                if !Self.agrees(shuffled, instance, direction, isValid) { return "schema shuffled: \(instance.text())" }
            }
        }
        return nil
    }

    private func compile(
        _ document: JSON, _ dialect: Schema.Dialect, _ options: Schema.Options
    ) -> Result<Schema, SchemaError> {
        Result { () throws(SchemaError) in try Schema(document, dialect: dialect, options: options) }
    }

    private static func agrees(
        _ schema: Schema, _ value: JSON, _ direction: Schema.Direction, _ isValid: Bool
    ) -> Bool {
        let violations = schema.validate(value, direction: direction)
        return violations.isEmpty == isValid || violations.contains { $0.keyword == "limit" }
    }

    private static func fault(in violations: [Violation], of instance: JSON) -> String? {
        for violation in violations {
            if violation.message.contains(canary) || violation.schema.contains(canary) {
                return "a message holds what the value holds: \(violation)"
            }
            if violation.keyword != "limit", instance[violation.pointer] == nil {
                return "a violation leads nowhere: \(violation)"
            }
        }
        return nil
    }
}
