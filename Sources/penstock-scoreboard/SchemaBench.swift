#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif
import JSONSchema
import Value

/// How much processor time it takes to compile a schema, and to validate an answer of about ten kilobytes with it.
enum SchemaBench {
    private static let rounds = 200

    /// Prints one JSON object; with `writes`, the schema and the document instead, for other engines to be measured on.
    static func run(writes: Bool) {
        let schema = BenchDocument.schema
        // Parsed anew, since that is how answers come.
        guard let document = try? JSON.parse(BenchDocument.document.bytes()) else { return }
        if writes {
            print((["schema": schema, "document": document] as JSON).text())
            return
        }
        guard let compiled = try? Schema(schema), compiled.isValid(document) else {
            print("the built-in document is not valid by the built-in schema")
            return
        }
        let validation = best(of: 40) { compiled.isValid(document) }
        let report = best(of: 40) { compiled.validate(document).isEmpty }
        let compilation = best(of: 10) { (try? Schema(schema)) != nil }
        let result: JSON = [
            "document_bytes": .number(JSONNumber(document.bytes().count)), "is_valid_us": microseconds(validation),
            "validate_us": microseconds(report), "compile_us": microseconds(compilation),
        ]
        print(result.text())
    }

    private static func microseconds(_ nanoseconds: Int) -> JSON {
        .number(JSONNumber(Double(nanoseconds / 10) / 100))
    }

    /// The nanoseconds that one call takes in the quickest round.
    private static func best(of calls: Int, _ body: () -> Bool) -> Int {
        var best = Int.max
        for _ in 0..<rounds {
            var isRight = true
            let start = processorTime()
            for _ in 0..<calls { isRight = body() && isRight }
            if isRight { best = min(best, (processorTime() - start) / calls) }
        }
        return best
    }

    /// The nanoseconds that this process has had of a processor.
    private static func processorTime() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return time.tv_sec * 1_000_000_000 + time.tv_nsec
    }
}
