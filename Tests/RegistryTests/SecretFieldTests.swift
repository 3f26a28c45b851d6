import Registry
import Testing
import Value

@Suite("Secret fields")
struct SecretFieldTests {
    private static let everywhere: JSON = [
        "name": "Everywhere",
        "connection": [
            "base_url": "https://crm.example.com", "client_certificate": .string(Certificates.pem),
            "client_key": "-----BEGIN PRIVATE KEY-----\nmarked-1\n-----END PRIVATE KEY-----\n",
        ],
        "authentication": [
            "type": "oauth2",
            "config": [
                "client_id": "marked-2", "client_secret": ["secret": "marked-3"], "token_url": "https://a.example/t",
                "grant": "password", "username": "marked-4", "password": "marked-5",
            ],
        ],
        "tunnel": [
            "enabled": true, "type": "cloudflare", "access": ["client_id": "marked-6", "client_secret": "marked-7"],
        ],
        "endpoints": [["name": "a", "method": "GET", "path": "/a"]],
    ]

    @Test("C3: wherever a secret is written, what is stored holds its reference alone, and reads back the same")
    func references() throws {
        let definition = try Definitions.read(Self.everywhere)
        #expect(definition.secrets.count == 7 && !definition.stored.text().contains("marked"))
        let fields: Set = [
            "client_id", "client_secret", "username", "password", "client_key", "access_client_id",
            "access_client_secret",
        ]
        #expect(Set(definition.secretFields) == fields && Set(definition.secrets.map(\.field)) == fields)
        #expect(
            definition.stored["tunnel"]?["access"]?["client_secret"]
                == "vault://users/usr_1/apis/api_1/access_client_secret")
        var context = Definitions.context
        context.existing = Definitions.stored(definition)
        let again = try Definitions.read(definition.stored, context)
        #expect(again.secrets.isEmpty && again.stored == definition.stored && Set(again.secretFields) == fields)
    }

    @Test("an optional secret that is stored stays when it is left out")
    func optional() throws {
        let first = try Definitions.read(Self.everywhere)
        var context = Definitions.context
        context.existing = Definitions.stored(first)
        let without = Definitions.edit(first.stored, "/authentication/config/client_secret", nil)
        #expect(try Definitions.read(without, context).secretFields == first.secretFields)
    }

    @Test("a copy of another API's document is taken without its secrets, which get places of their own")
    func copied() throws {
        let first = try Definitions.read(Definitions.crm)
        var document = Definitions.stored(first).document(metadata: [:])
        document = Definitions.edit(document, "/custom_api/tunnel/tunnel_id", "tun_2")
        let context = DefinitionContext(user: "usr_2", api: "api_2", tunnels: ["tun_2"])
        let copy = try Definitions.read(document, context)
        #expect(copy.secrets.isEmpty)
        #expect(copy.stored["authentication"]?["config"]?["key"] == "vault://users/usr_2/apis/api_2/key")
        let mixed = Definitions.edit(document, "/custom_api/id", "api_9")
        #expect(throws: DefinitionError.self) { try Definitions.read(mixed, context) }
    }

    @Test("what is switched off keeps its secrets")
    func disabled() throws {
        let definition = try Definitions.read(Definitions.edit(Self.everywhere, "/tunnel/enabled", false))
        #expect(definition.secretFields.contains("access_client_id"))
    }

    @Test("a reference to another field of the same API is refused")
    func swapped() throws {
        let first = try Definitions.read(Self.everywhere)
        var context = Definitions.context
        context.existing = Definitions.stored(first)
        let swapped = Definitions.edit(
            first.stored, "/authentication/config/password", "vault://users/usr_1/apis/api_1/client_secret")
        #expect(throws: DefinitionError.self) { try Definitions.read(swapped, context) }
    }

    @Test("only a private key may have lines")
    func lines() {
        let faults = Definitions.faults("/authentication/config/password", "a\nb", in: Self.everywhere)
        #expect(faults.map { "\($0.pointer)" } == ["/authentication/config/password"])
    }
}

/// PEM that looks like a certificate.
enum Certificates {
    static let pem = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
}
