import Drafts
import JSONSchema
package import Value

/// Widens a schema until it admits an answer: the engine says which keyword refuses what, that keyword gives way, and the
/// engine is asked again. Of the answer, only its inferred shape comes into the schema.
package enum SchemaRepair {
    /// Rounds of judging and widening.
    private static let mostRounds = 16
    /// What one round makes way for.
    private static let mostViolations = 64

    /// The widened schema; the same where it admits the answer already. Nil where no way was found, or too much differs.
    ///
    /// - Parameter schema: self-contained.
    package static func widened(_ schema: JSON, admitting answer: JSON) -> JSON? {
        var schema = schema
        var inference = SchemaInference()
        inference.add(answer)
        let observed = inference.observation
        for _ in 0..<mostRounds {
            guard let compiled = try? Schema(schema) else { return nil }
            let violations = compiled.validate(answer, direction: .response, limit: mostViolations)
            guard !violations.isEmpty else { return schema }
            let mismatches = violations.compactMap {
                SchemaWidening.Mismatch(pointer: $0.pointer, location: $0.schema, keyword: $0.keyword)
            }
            let wider = SchemaWidening.widen(schema: schema, for: mismatches, observed: observed)
            guard wider != schema else { return nil }
            schema = wider
        }
        return nil
    }
}
