import EgressPolicy
import Testing

@Suite("What methods promise")
struct MethodsTests {
    @Test("idempotent methods are those of RFC 9110")
    func idempotent() {
        #expect(["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"].allSatisfy(Methods.isIdempotent))
        #expect(!["POST", "PATCH", "CONNECT", "get", ""].contains(where: Methods.isIdempotent))
    }
}
