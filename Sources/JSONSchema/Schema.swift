package import Value

/// A compiled JSON Schema: built once, immutable, and good for any number of validations at once.
///
/// Draft 2020-12 (https://json-schema.org/draft/2020-12) and the older dialects that OpenAPI 3.0 and 2.0 describe
/// values in. References resolve inside the given document, the given bundle and the draft's own meta-schemas; nothing
/// is fetched.
package struct Schema: Sendable {
    /// Which keywords there are, and what they mean.
    package enum Dialect: Sendable, Hashable {
        /// Draft 2020-12, which OpenAPI 3.1 uses.
        case draft2020
        /// The Schema Object of OpenAPI 3.0. `nullable: true` admits null whatever the schema's other keywords say,
        /// since documents are written in that belief; what stands beside `$ref` is ignored.
        case openAPI30
        /// The Schema Object of OpenAPI 2.0, with `x-nullable` for `nullable`.
        case swagger20
    }

    /// Which way a value travels, for `readOnly` and `writeOnly`.
    package enum Direction: Sendable, Hashable {
        /// To the API: `readOnly` properties are neither required nor, unless that is tolerated, allowed.
        case request
        /// From the API: `writeOnly` properties are neither required nor allowed.
        case response
        /// Both keywords are annotations only.
        case either
    }

    /// What a validation passes over that the schema, taken at its word, refuses.
    package struct Tolerance: OptionSet, Sendable, Hashable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) { self.rawValue = rawValue }

        /// Values that do not have their `format`. No other keyword is concerned.
        package static let formats = Tolerance(rawValue: 1)
        /// `readOnly` properties on their way to the API; their values are validated.
        package static let readOnly = Tolerance(rawValue: 2)
    }

    private let program: Program

    /// Compiles the schema at `pointer` inside `root`; `$ref` may lead anywhere inside `root`.
    ///
    /// Throws every fault found, not only the first: keywords of the wrong type, references that lead nowhere or back
    /// to themselves, patterns that are not regular expressions, and schemas beyond the limits.
    package init(
        _ root: JSON, at pointer: JSONPointer = .root, dialect: Dialect = .draft2020, options: Options = .defaults
    ) throws(SchemaError) {
        var compiler = Compiler(dialect: dialect, options: options)
        program = try compiler.compile(root, at: pointer)
    }

    /// What is wrong with `value`, in the order found; nothing when it is valid. Stops after `limit` violations.
    ///
    /// A value that takes more work than the options allow is not valid: the last violation then has the keyword
    /// `limit`.
    package func validate(
        _ value: JSON, direction: Direction = .either, tolerating tolerance: Tolerance = [], limit: Int = 32
    ) -> [Violation] {
        program.violations(of: value, direction: direction, tolerance: tolerance, limit: max(limit, 1))
    }

    /// Whether `value` is valid. Quicker than `validate` for values that are not, and allocates nothing for most
    /// schemas.
    package func isValid(_ value: JSON, direction: Direction = .either) -> Bool {
        program.admits(value, direction: direction)
    }
}
