package import Failure
package import OpenAPI
package import Pipeline

/// Fetches a document that an owner names by its URL, past the guard of everything that leaves.
package protocol SpecFetching: Sendable {
    /// Each fetch is recorded as a call is.
    ///
    /// - Throws: ``CallFailure``, in the words of calls.
    func fetch(_ url: String, for context: CallContext) async throws(CallFailure) -> ImportFile
}
