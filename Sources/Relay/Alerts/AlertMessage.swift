import Audit
import Crypto
import NIOCore
import NIOHTTP1
import Pipeline
import Registry
import Value
import Vault

/// What a webhook is sent, and how it is signed: `Webhook-Id`, `Webhook-Timestamp` and `Webhook-Signature` as in the
/// Standard Webhooks specification 1.0 (`v1,` and the base64 of HMAC-SHA-256 over `id.timestamp.body`).
struct AlertMessage {
    let body: [UInt8]

    init(_ delivery: Delivery, api: CompiledAPI, certificateEnds: Int64?) {
        var data = JSONObject([
            ("api", .string(api.slug)), ("name", .string(api.name)), ("detail", .string(Self.detail(delivery.event))),
        ])
        if let certificateEnds {
            data["certificate_ends_at"] = .string(Timestamp.text(microseconds: certificateEnds))
        }
        let message: JSON = [
            "type": .string("api.\(delivery.event)"), "timestamp": .string(Timestamp.text(microseconds: delivery.time)),
            "data": .object(data),
        ]
        body = message.bytes()
    }

    /// - Parameter seconds: when it is sent, since 1970: who receives it may refuse old ones.
    func headers(id: String, seconds: Int64, secret: Secret) -> HTTPHeaders {
        let signed = Array("\(id).\(seconds).".utf8) + body
        let key = SymmetricKey(data: Self.key(secret))
        let code = HMAC<SHA256>.authenticationCode(for: signed, using: key)
        let signature = String(decoding: Base64.encode(Array(code)), as: UTF8.self)
        return [
            "content-type": "application/json", "user-agent": "penstock", "webhook-id": id,
            "webhook-timestamp": String(seconds), "webhook-signature": "v1,\(signature)",
            "content-length": String(body.count),
        ]
    }

    /// `whsec_` and base64, as the specification writes secrets, stand for the bytes they encode; anything else for itself.
    private static func key(_ secret: Secret) -> [UInt8] {
        secret.withBytes { bytes in
            guard bytes.starts(with: Array("whsec_".utf8)), let key = Base64.decode(bytes.dropFirst(6)) else {
                return Array(bytes)
            }
            return key
        }
    }

    private static func detail(_ event: String) -> String {
        switch APIHealth.Event(rawValue: event) {
        case .connectionFailing: "Several calls in a row found no answer at the API."
        case .authenticationFailing: "The API has refused the stored credential several times in a row."
        case .certificateExpiring: "The API's certificate ends within 14 days."
        case .recovered: "The API answers again."
        case nil: event
        }
    }
}
