import Drafts
import EgressPolicy
import Value

/// Takes out of a call what says who is calling.
struct CallCredentials {
    private(set) var schemes: [CredentialScheme] = []
    /// What is left.
    private(set) var headers: [CallField] = []
    private(set) var query: [CallField] = []
    /// The values that were taken out, so that no text that is kept repeats one.
    private(set) var secrets: [String] = []
    /// Names that look like somebody's data.
    private(set) var droppedNames = 0

    init(headers: [CallField], query: [CallField], urlHoldsCredential: Bool = false) {
        if urlHoldsCredential { schemes.append(.basic) }
        for header in headers { take(header) }
        for field in query { take(query: field) }
    }

    private mutating func take(_ header: CallField) {
        let value = header.text ?? ""
        switch header.name.lowercased() {
        case "authorization":
            if value.hasPrefix("AWS4-") {
                note(.unsupported("AWS Signature"), value)
            } else if !value.isEmpty {
                note(CredentialScheme.authorization(value), value)
            }
        case "cookie": value.split(separator: ";").prefix(200).forEach { take(cookie: $0) }
        default:
            if FieldNames.isCredentialHeader(header.name) {
                note(.header(name: header.name, prefix: Self.prefix(of: value)), value)
            } else if !FieldNames.isIgnoredHeader(header.name) {
                if IdentifierKind(header.name) == nil { headers.append(header) } else { droppedNames += 1 }
            }
        }
    }

    private mutating func take(cookie: Substring) {
        let parts = cookie.split(separator: "=", maxSplits: 1)
        guard parts.count == 2, let name = parts.first?.drop(while: { $0 == " " }) else { return }
        secrets.append(String(parts[1]))
        guard FieldNames.isSessionCookie(String(name)), HeaderRules.isValidFieldName(name),
            IdentifierKind(String(name)) == nil
        else { return }
        note(.cookie(String(name)), String(parts[1]))
    }

    private mutating func take(query field: CallField) {
        if field.name.isEmpty || IdentifierKind(field.name) != nil || field.name.utf8.contains(where: Self.isControl) {
            droppedNames += field.name.isEmpty ? 0 : 1
        } else if FieldNames.isCredentialQuery(field.name) {
            note(.query(field.name), field.text ?? "")
        } else {
            query.append(field)
        }
    }

    private mutating func note(_ scheme: CredentialScheme, _ value: String) {
        schemes.append(scheme)
        secrets.append(value)
        let parts = value.split(separator: " ").dropFirst()
        parts.forEach { secrets.append(String($0)) }
        if scheme == .basic, let written = parts.first.flatMap({ Base64.decode(String($0).utf8) }) {
            secrets.append(String(decoding: written, as: UTF8.self))
        }
    }

    /// `Token token=…` and the like are for `Authorization` alone; elsewhere only the word `Bearer` is one.
    private static func prefix(of value: String) -> String {
        value.lowercased().hasPrefix("bearer ") ? "\(value.prefix(7))" : ""
    }

    /// The fields with other texts.
    func mapTexts(_ change: (String?) -> String?) -> CallCredentials {
        var result = self
        for index in result.headers.indices { result.headers[index].text = change(headers[index].text) }
        for index in result.query.indices { result.query[index].text = change(query[index].text) }
        return result
    }

    private static func isControl(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x7F }
}
