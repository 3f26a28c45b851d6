package import Administration
package import HTTPTypes
package import Pipeline
package import Registry

/// Stage: who calls, by the bearer token alone; before any of a request's body is read (T15).
package enum Authentication {
    /// - Throws: `UNAUTHORIZED` for a token that is missing, malformed, unknown or revoked: the caller cannot tell which.
    package static func token(
        _ headers: HTTPFields, _ administration: Administration
    ) throws(Failure) -> Token {
        guard let field = headers[.authorization], let text = bearer(field),
            let token = administration.authenticate(text), token.kind != .tunnel
        else {
            throw Failure(.unauthorized, stage: .policy, detail: "The token is missing or not valid.")
        }
        return token
    }

    /// The token of `Authorization: Bearer …` (RFC 6750, section 2.1).
    package static func bearer(_ field: String) -> String? {
        guard field.utf8.count > 7, field.prefix(7).lowercased() == "bearer " else { return nil }
        return String(field.dropFirst(7).drop { $0 == " " })
    }
}
