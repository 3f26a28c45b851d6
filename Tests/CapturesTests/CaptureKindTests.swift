import Captures
import Testing

@Suite struct CaptureKindTests {
    @Test(
        "A capture is known by its beginning",
        arguments: [
            (
                #"{"info":{"name":"x","schema":"https://schema.getpostman.com/json/collection/v2.1.0/collection.json"},"item":[]}"#,
                .postman
            ),
            (#"{"collection":{"info":{},"item":[]}}"#, .postman),
            (#"{"id":"1","name":"old","order":[],"requests":[]}"#, .postman),
            ("\u{FEFF}" + #"{"log":{"version":"1.2","creator":{},"entries":[]}}"#, .har),
            (#"{"log":{"creator":{},"entries":[broken"#, .har),
            (#"{"info":{"_postman_id":"1", broken"#, .postman),
            ("curl https://api.example.com", .curl), ("$ curl -v https://api.example.com", .curl),
            ("# List things\nTOKEN=x curl 'https://api.example.com'", .curl), ("/usr/bin/curl x", .curl),
            ("wget https://api.example.com", nil), ("", nil), ("{", nil), ("[]", nil), (#"{"openapi":"3.0.0"}"#, nil),
            ("openapi: 3.0.0\ninfo: {title: curl}", nil), ("curly braces", nil),
        ] as [(String, CaptureKind?)])
    func detect(text: String, kind: CaptureKind?) {
        #expect(CaptureKind.detect(Array(text.utf8)) == kind)
    }
}
