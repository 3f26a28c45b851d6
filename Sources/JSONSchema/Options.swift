package import Value

extension Schema {
    /// How a schema is compiled, and what it may cost.
    package struct Options: Sendable {
        /// Documents that references may lead to, by absolute URI without a fragment. Empty by default.
        package var resources: [String: JSON]
        /// The URI of the root document, which relative references start from. Empty by default.
        package var baseURI: String
        /// Whether `format` is checked rather than merely noted. True by default. Formats that are not known are never
        /// checked.
        package var assertsFormat: Bool
        /// Whether a keyword that the dialect does not know is a fault. False by default; names that begin with `x-`
        /// are never one.
        package var refusesUnknownKeywords: Bool
        /// What compiling and validating may cost.
        package var limits: Limits

        /// Options that differ from the defaults where given.
        package init(
            resources: [String: JSON] = [:], baseURI: String = "", assertsFormat: Bool = true,
            refusesUnknownKeywords: Bool = false, limits: Limits = .defaults
        ) {
            self.resources = resources
            self.baseURI = baseURI
            self.assertsFormat = assertsFormat
            self.refusesUnknownKeywords = refusesUnknownKeywords
            self.limits = limits
        }

        /// The options that the properties name.
        package static let defaults = Options()
    }

    /// What a schema, and one validation, may cost.
    package struct Limits: Sendable {
        /// Schemas within the documents reached, `true` and `false` included. 100,000 by default.
        package var schemas: Int
        /// Schemas applied inside one another during a validation, by nesting and by reference; also the nesting of
        /// schemas in a document. 512 by default.
        package var depth: Int
        /// Steps of one validation: each schema applied, each element or member looked at, each 32 bytes of a string
        /// looked through. 10,000,000 by default, a second or less.
        package var work: Int
        /// Steps that one pattern may take on one string. 100,000 by default, a few milliseconds.
        package var patternSteps: Int

        /// Limits that differ from the defaults where given.
        package init(
            schemas: Int = 100_000, depth: Int = 512, work: Int = 10_000_000, patternSteps: Int = 100_000
        ) {
            self.schemas = schemas
            self.depth = depth
            self.work = work
            self.patternSteps = patternSteps
        }

        /// The limits that the properties name.
        package static let defaults = Limits()
    }
}
