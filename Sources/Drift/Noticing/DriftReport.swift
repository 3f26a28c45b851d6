package import Registry
package import Value

/// An answer that did not follow its endpoint's schema, as the call hands it over. It lives until its shape has been
/// looked at, seconds at most, and is written nowhere.
package struct DriftReport: Sendable {
    package let api: CompiledAPI
    package let endpoint: CompiledEndpoint
    package let mismatches: [EndpointSchema.Mismatch]
    package let answer: JSON
    /// Of the answer, as it was serialised.
    package let bytes: Int
    /// Microseconds since 1970.
    package let time: Int64

    package init(
        api: CompiledAPI, endpoint: CompiledEndpoint, mismatches: [EndpointSchema.Mismatch], answer: JSON, bytes: Int,
        time: Int64
    ) {
        self.api = api
        self.endpoint = endpoint
        self.mismatches = mismatches
        self.answer = answer
        self.bytes = bytes
        self.time = time
    }
}
