import Testing
import Value

@testable import PenstockCLI

@Suite("What a connection test lacks is said in the command's own words") struct ConnectionTestTextTests {
    private func detail(_ step: JSON, slug: String? = "crm") -> String {
        APIsCommand.Test.detail(of: step, slug: slug)
    }

    @Test("a missing credential, with the command that stores it")
    func credential() {
        let step: JSON = [
            "name": "authentication", "state": "failed", "detail": "It is missing.", "code": "CREDENTIAL_MISSING",
            "needs": "credential", "missing": ["username", "password"],
        ]
        #expect(
            detail(step) == "It is missing. Store username, password: penstock credentials set crm "
                + "--from-file username=FILE --from-file password=FILE")
        #expect(detail(step, slug: nil).hasSuffix(#"into the definition, best as {"from_env": "NAME"}."#))
        let endpoint: JSON = [
            "name": "endpoint", "endpoint": "list", "state": "skipped", "detail": "It is not called.",
            "needs": "credential", "missing": ["password"], "code": nil,
        ]
        #expect(detail(endpoint) == "It is not called.")
    }

    @Test("missing arguments, as one word that a shell takes")
    func arguments() {
        var step: JSONObject = [
            "name": "endpoint", "endpoint": "get_customer", "state": "skipped", "detail": "d", "code": nil,
            "needs": "arguments", "missing": ["customer_id", "it's"],
        ]
        #expect(
            detail(.object(step)).hasPrefix(
                #"It needs arguments: give --arguments 'get_customer={"customer_id":"value","it'\''s":"value"}', or"#))
        step["missing"] = []
        #expect(detail(.object(step)).contains(#"--arguments 'get_customer={"name":"value"}'"#))
        step["needs"] = "confirm"
        #expect(detail(.object(step)).contains("--confirm"))
    }
}
