import EgressPolicy
import NIOCore
import Redaction
import Registry
import Value

/// What a token endpoint answers (RFC 6749, section 5.1).
struct TokenResponse {
    let accessToken: String
    let lifetime: TimeAmount
    /// A new refresh token, which replaces the one that was used (RFC 6749, section 6).
    let refreshToken: String?

    /// The largest answer that is read, in bytes.
    static let limit = 64 << 10
    /// Believed where the endpoint does not say.
    private static let defaultLifetime = TimeAmount.minutes(5)
    private static let longestLifetime = TimeAmount.hours(24)

    /// Nil for what is no bearer token that can be sent.
    ///
    /// - Parameter type: the answer's content type.
    init?(_ body: ByteBuffer, type: String = "") {
        let media = MediaType(type)
        let text = TextCharset.utf8(body, declared: media.charset, isJSON: true) ?? body
        guard
            let object = (try? JSON.parse(text.readableBytesView, limits: .lenient))?.object ?? Self.form(text, media),
            let token = object["access_token"]?.string, !token.isEmpty, token.utf8.count <= 16 << 10,
            HeaderRules.isValidFieldValue(token)
        else { return nil }
        guard Self.isBearer(object["token_type"]?.string) else { return nil }
        accessToken = token
        refreshToken = object["refresh_token"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        guard let seconds = Self.seconds(object["expires_in"]) else {
            lifetime = Self.defaultLifetime
            return
        }
        lifetime = min(.seconds(max(1, seconds)), Self.longestLifetime)
    }

    /// Whether a token of this type is sent as a bearer token: where the endpoint says so in whatever spelling, and where
    /// it says nothing, or a word that names no other type.
    private static func isBearer(_ type: String?) -> Bool {
        let letters = (type ?? "").lowercased().filter { $0.isASCII && $0.isLetter }
        return letters.isEmpty || letters.contains("bearer") || misnomers.contains(letters)
    }

    private static let misnomers: Set<String> = [
        "token", "accesstoken", "apitoken", "authtoken", "jwt", "jwttoken", "oauth", "oauthtoken", "string",
        "urnietfparamsoauthtokentypeaccesstoken", "urnietfparamsoauthtokentypejwt",
    ]

    /// Some older endpoints answer with a form, as they are asked.
    private static func form(_ text: ByteBuffer, _ media: MediaType) -> JSONObject? {
        guard ["application/x-www-form-urlencoded", "text/plain"].contains(media.essence) else { return nil }
        var object = JSONObject()
        for pair in text.readableBytesView.split(separator: UInt8(ascii: "&")).prefix(50) {
            let name = pair.prefix { $0 != UInt8(ascii: "=") }
            let value = String(decoding: pair.dropFirst(name.count + 1), as: UTF8.self)
            guard let decoded = PercentDecoding.decode(value, plusIsSpace: true) else { return nil }
            object[String(decoding: name, as: UTF8.self)] = .string(decoded)
        }
        return object["access_token"] == nil ? nil : object
    }

    /// A number, or as some endpoints write it, a number in a string.
    private static func seconds(_ value: JSON?) -> Int64? {
        if let number = value?.int { return Int64(number) }
        if let number = value?.double, number.isFinite, abs(number) < 1e12 { return Int64(number) }
        let text = value?.string?.filter { $0 != " " }
        return text.flatMap { Int64($0) ?? Double($0).flatMap { abs($0) < 1e12 ? Int64($0) : nil } }
    }
}
