import EgressPolicy
import NIOCore
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
    init?(_ body: ByteBuffer) {
        guard let json = try? JSON.parse(Array(body.readableBytesView)), let object = json.object,
            let token = object["access_token"]?.string, !token.isEmpty, token.utf8.count <= 16 << 10,
            HeaderRules.isValidFieldValue(token)
        else { return nil }
        if let type = object["token_type"]?.string, type.lowercased() != "bearer" { return nil }
        accessToken = token
        refreshToken = object["refresh_token"]?.string.flatMap { $0.isEmpty ? nil : $0 }
        guard let seconds = Self.seconds(object["expires_in"]) else {
            lifetime = Self.defaultLifetime
            return
        }
        lifetime = min(.seconds(max(1, seconds)), Self.longestLifetime)
    }

    /// A number, or as some endpoints write it, a number in a string.
    private static func seconds(_ value: JSON?) -> Int64? {
        if let number = value?.int { return Int64(number) }
        if let number = value?.double, number.isFinite, abs(number) < 1e12 { return Int64(number) }
        return value?.string.flatMap { Int64($0) }
    }
}
