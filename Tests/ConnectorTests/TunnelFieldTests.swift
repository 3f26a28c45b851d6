import EgressPolicy
import HTTP1
import ReverseHTTP
import Testing

@Suite struct TunnelFieldTests {
    @Test("no tunnel field is passed on, and no API may declare one", arguments: TunnelField.allCases)
    func reserved(field: TunnelField) {
        #expect(FieldKind.of(field.rawValue) == .tunnel)
        #expect(HeaderRules.isReservedInRequests(field.rawValue))
        #expect(FieldKind.of(ProxyStatus.field) == .dropped)
    }
}
