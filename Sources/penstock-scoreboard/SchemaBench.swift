import JSONSchema
import Value

/// How long it takes to compile a schema, and to validate an answer of about ten kilobytes with it.
enum SchemaBench {
    private static let rounds = 15

    /// Prints one JSON object; with `writes`, the schema and the document instead, for other engines to be measured on.
    static func run(writes: Bool) {
        let schema = BenchDocument.schema
        let document = BenchDocument.document
        if writes {
            print((["schema": schema, "document": document] as JSON).text())
            return
        }
        guard let compiled = try? Schema(schema), compiled.isValid(document) else {
            print("the built-in document is not valid by the built-in schema")
            return
        }
        let validation = best(of: 500) { compiled.isValid(document) }
        let report = best(of: 500) { compiled.validate(document).isEmpty }
        let compilation = best(of: 20) { (try? Schema(schema)) != nil }
        let result: JSON = [
            "document_bytes": .number(JSONNumber(document.bytes().count)), "is_valid_us": microseconds(validation),
            "validate_us": microseconds(report), "compile_us": microseconds(compilation),
        ]
        print(result.text())
    }

    private static func microseconds(_ duration: Duration) -> JSON {
        let nanoseconds = duration.components.attoseconds / 1_000_000_000
        return .number(JSONNumber(Double(nanoseconds / 10) / 100))
    }

    /// The time of one call in the quickest round.
    private static func best(of calls: Int, _ body: () -> Bool) -> Duration {
        var best = Duration.seconds(3600)
        for _ in 0..<rounds {
            var isRight = true
            let time = ContinuousClock().measure {
                for _ in 0..<calls { isRight = body() && isRight }
            }
            if isRight { best = min(best, time / calls) }
        }
        return best
    }
}
