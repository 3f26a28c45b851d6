package import Administration
package import Failure
package import HTTPTypes
package import Registry

/// Stage: who calls, by the bearer token alone; before any of a request's body is read (T15).
package enum Authentication {
    /// - Throws: `UNAUTHORIZED` for a token that is missing, malformed, unknown, expired or revoked: the caller cannot tell
    ///   which. `FORBIDDEN` for a good one of a user who is suspended.
    package static func token(
        _ headers: HTTPFields, _ administration: Administration
    ) throws(CallFailure) -> Token {
        try token(headers[.authorization], administration)
    }

    /// The same, of an `Authorization` field's value.
    static func token(_ field: String?, _ administration: Administration) throws(CallFailure) -> Token {
        let text = field.flatMap(bearer)
        guard let text, let token = administration.authenticate(text), token.kind != .tunnel else {
            throw refusal(of: text, administration, "The token is missing or not valid.")
        }
        return token
    }

    /// Why a text is not taken for a token: who has a good one of a suspended user hears that.
    static func refusal(of text: String?, _ administration: Administration, _ detail: String) -> CallFailure {
        guard let text, administration.belongsToSuspendedUser(text) else {
            return CallFailure(.unauthorized, stage: .policy, detail: detail)
        }
        return CallFailure(.forbidden, stage: .policy, detail: "The relay's operator has suspended this token's user.")
    }

    /// The token of `Authorization: Bearer …` (RFC 6750, section 2.1).
    package static func bearer(_ field: String) -> String? {
        guard field.utf8.count > 7, field.prefix(7).lowercased() == "bearer " else { return nil }
        return String(field.dropFirst(7).drop { $0 == " " })
    }
}
