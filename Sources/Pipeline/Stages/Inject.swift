import EgressPolicy
import Logging
import NIOHTTP1
import Registry
import Vault

/// Stage: the credential, opened for this one request.
extension Pipeline {
    /// Puts the API's credential into the request.
    ///
    /// - Throws: `CREDENTIAL_MISSING` where it is not there, cannot be opened, or cannot be sent as it is: such a call
    ///   never leaves without it (S9).
    func inject(_ plan: AuthPlan, into request: inout OutboundRequest) throws(Failure) {
        switch plan {
        case .none:
            return
        case .header(let name, let prefix, let credential):
            let value = prefix + (try open(credential))
            guard HeaderRules.isValidFieldValue(value) else { throw Self.unsendable }
            request.headers.replaceOrAdd(name: name, value: value)
            request.sensitive.append(name.lowercased())
        case .query(let name, let prefix, let credential):
            let value = prefix + (try open(credential))
            var query = QueryRenderer()
            do throws(RenderError) {
                try query.append(name, value)
            } catch {
                throw Self.unsendable
            }
            request.target += (request.target.utf8.contains(UInt8(ascii: "?")) ? "&" : "?") + (query.query ?? "")
        case .cookie(let name, let prefix, let credential):
            let value = prefix + (try open(credential))
            guard HeaderRules.isValidCookieValue(value) else { throw Self.unsendable }
            request.headers.replaceOrAdd(name: "cookie", value: "\(name)=\(value)")
            request.sensitive.append("cookie")
        }
    }

    private func open(_ credential: AuthPlan.Credential) throws(Failure) -> String {
        let secret: Secret
        do {
            secret = try vault.open(credential.reference)
        } catch {
            logger.error("credential not readable", metadata: ["reason": "\(Self.reason(error))"])
            throw Failure(
                .credentialMissing, stage: .relay, detail: "The API's credential is missing or cannot be read.")
        }
        return secret.withUTF8 { String(decoding: $0, as: UTF8.self) }
    }

    private static func reason(_ error: any Error) -> String {
        (error as? VaultError)?.code.description ?? "the store failed"
    }

    private static var unsendable: Failure {
        Failure(
            .credentialMissing, stage: .relay,
            detail: "The API's credential holds characters that cannot be sent. Set it again.")
    }
}
