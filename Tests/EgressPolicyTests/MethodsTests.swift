import Testing

@testable import EgressPolicy

@Suite struct MethodsTests {
    @Test(
        "any token is a method, registered or not",
        arguments: [
            "GET", "HEAD", "OPTIONS", "LIST", "PROPFIND", "M-SEARCH", "QUERY", "SET", "PUSH", "UPDATE", "X", "list",
        ])
    func tokens(_ method: String) {
        #expect(Methods.complaint(about: method) == nil)
    }

    @Test(
        "slips for a common method, lower case of one, and what is never passed on are told",
        arguments: [
            ("get", "write GET"), ("Delete", "write DELETE"), ("FETCH", "mean GET?"), ("fetch", "mean GET?"),
            ("GE", "mean GET?"), ("GETT", "mean GET?"), ("PSOT", "mean POST?"), ("PATHC", "mean PATCH?"),
            ("OPTION", "mean OPTIONS?"), ("TRACE", "never"), ("Connect", "never"), ("", "not a method"),
            ("GET ", "not a method"), ("GET\r\nX", "not a method"), ("G\u{e9}T", "not a method"),
        ])
    func slips(_ method: String, _ words: String) {
        #expect(Methods.complaint(about: method)?.contains(words) == true)
    }
}
