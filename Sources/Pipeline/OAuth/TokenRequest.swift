import EgressPolicy
import Failure
import NIOCore
import NIOHTTP1
import Registry
import Vault
import Value

/// The request to a token endpoint (RFC 6749, sections 4.3, 4.4 and 6).
struct TokenRequest {
    private let plan: OAuth2Plan
    private var fields: [(name: String, value: String)] = []
    private(set) var headers: HTTPHeaders = [
        "accept": "application/json", "accept-encoding": "identity", "user-agent": "penstock",
    ]
    private(set) var sensitive: [String] = []

    /// - Parameter open: opens a credential.
    init(
        _ plan: OAuth2Plan, open: (AuthPlan.Credential) throws(CallFailure) -> String
    ) throws(CallFailure) {
        self.plan = plan
        switch plan.grant {
        case .clientCredentials:
            fields.append(("grant_type", "client_credentials"))
        case .refreshToken(let token):
            fields += [("grant_type", "refresh_token"), ("refresh_token", try open(token))]
        case .password(let username, let password):
            fields += [
                ("grant_type", "password"), ("username", try open(username)), ("password", try open(password)),
            ]
        }
        if !plan.scopes.isEmpty { fields.append(("scope", plan.scopes.joined(separator: " "))) }
        let id = try open(plan.clientID)
        func read(_ text: AuthPlan.Text) throws(CallFailure) -> String {
            switch text {
            case .literal(let text): text
            case .secret(let credential): try open(credential)
            }
        }
        let secret = try plan.clientSecret.map { text throws(CallFailure) in try read(text) }
        switch (plan.clientAuthentication, secret) {
        case (.basic, let secret?):
            // Both are form-encoded before they are joined (RFC 6749, section 2.3.1).
            let pair = Array("\(Self.encoded(id)):\(Self.encoded(secret))".utf8)
            headers.add(
                name: "authorization", value: "Basic " + String(decoding: Base64.encode(pair), as: UTF8.self))
            sensitive.append("authorization")
        case (.post, let secret?), (.json, let secret?):
            fields += [("client_id", id), ("client_secret", secret)]
        case (_, nil):
            fields.append(("client_id", id))
        }
        for parameter in plan.parameters { fields.append((parameter.name, try read(parameter.value))) }
        for header in plan.headers {
            let value = try read(header.value)
            guard HeaderRules.isValidFieldValue(value) else {
                throw CallFailure(
                    .credentialMissing, stage: .relay,
                    detail: "A header of the token request holds characters that cannot be sent. Set it again.")
            }
            headers.replaceOrAdd(name: header.name, value: value)
            if !header.value.credentials.isEmpty { sensitive.append(header.name.lowercased()) }
        }
    }

    /// The request to send.
    func outbound(requestID: String, deadline: NIODeadline) -> OutboundRequest {
        let isJSON = plan.clientAuthentication == .json
        let body =
            isJSON
            ? JSON.object(JSONObject(fields.map { ($0.name, .string($0.value)) })).text()
            : fields.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }.joined(separator: "&")
        var headers = headers
        headers.add(name: "content-type", value: isJSON ? "application/json" : "application/x-www-form-urlencoded")
        headers.add(name: "content-length", value: String(body.utf8.count))
        return OutboundRequest(
            method: "POST", origin: plan.origin, target: plan.target.raw, headers: headers,
            body: .whole(ByteBuffer(string: body)), sensitive: sensitive, requestID: requestID, deadline: deadline)
    }

    /// `application/x-www-form-urlencoded`: a space is `+`, everything but letters, digits and `*-._` is percent-encoded.
    static func encoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "."),
                UInt8(ascii: "_"):
                bytes.append(byte)
            case UInt8(ascii: " "):
                bytes.append(UInt8(ascii: "+"))
            default:
                bytes.append(UInt8(ascii: "%"))
                bytes.append(hex[Int(byte >> 4)])
                bytes.append(hex[Int(byte & 15)])
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    private static let hex = Array("0123456789ABCDEF".utf8)
}
