import Settings
import Testing

@Suite("Did you mean")
struct NearestTests {
    private let keys = [
        "relay", "token_file", "connections", "proxy", "ca_file", "allow", "hosts", "limits", "audit", "health",
    ]

    @Test(
        "Slips of the finger find their word",
        arguments: [
            ("conections", "connections"), ("Relay", "relay"), ("realy", "relay"), ("token-file", "token_file"),
            ("tokenfile", "token_file"),
            ("host", "hosts"), ("alow", "allow"), ("cafile", "ca_file"), ("limit", "limits"),
        ])
    func near(word: String, wanted: String) {
        #expect(nearest(word, among: keys) == wanted)
    }

    @Test(
        "Other words find none",
        arguments: ["", "x", "zz", "database", "telemetry", String(repeating: "relay", count: 1000)])
    func far(word: String) {
        #expect(nearest(word, among: keys) == nil)
    }

    @Test("Nothing is near where there is nothing")
    func none() {
        #expect(nearest("a", among: []) == nil)
        #expect(nearest("a", among: ["b", ""]) == nil)
    }
}
