import Testing
import Value

@testable import PenstockCLI

@Suite struct NextStepsTests {
    private func lines(_ type: String, missing: [String], tunnel: JSON? = nil) -> [String] {
        let stored: JSON = [
            "connection": ["base_url": "http://crm.corp:8080/v1"], "authentication": ["type": .string(type)],
            "metadata": ["missing_credentials": .array(missing.map(JSON.string))],
        ]
        return NextSteps(slug: "crm", stored: stored, tunnel: tunnel).lines
    }

    @Test("What a stored API still needs is said with the command that gives it")
    func missing() {
        #expect(
            lines("api_key", missing: ["key"]) == [
                "crm still needs its credential key: penstock credentials set crm --from-file FILE",
                "Then: penstock apis test crm",
            ])
        #expect(
            lines("basic_auth", missing: ["username", "password"])[0].hasSuffix(
                "penstock credentials set crm --from-file username=FILE --from-file password=FILE"))
        #expect(lines("none", missing: []) == ["Next: penstock apis test crm"])
    }

    @Test("A tunnel that nobody holds open is named, with the origin that its connector has to allow")
    func tunnel() {
        let lines = lines("none", missing: [], tunnel: ["name": "office", "online": false])
        #expect(lines[0].contains("office") && lines[0].contains("http://crm.corp:8080:"))
        #expect(self.lines("none", missing: [], tunnel: ["name": "office", "online": true]).count == 1)
    }
}
