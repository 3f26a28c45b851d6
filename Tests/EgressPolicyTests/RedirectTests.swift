import Testing

@testable import EgressPolicy

@Suite struct RedirectTests {
    @Test(
        "S5: a redirect keeps the method but where RFC 9110 says GET",
        arguments: [
            (301, "POST", true), (302, "POST", true), (303, "POST", true), (303, "PUT", true), (307, "POST", false),
            (308, "POST", false), (301, "PUT", false), (303, "GET", false), (303, "HEAD", false), (302, "GET", false),
        ])
    func methods(_ status: Int, _ method: String, _ becomesGET: Bool) throws {
        let redirect = Redirect(
            status: status, locations: ["/b"], method: method, target: "/a", origin: try Origin("http://origin.test"))
        #expect(redirect?.target == "/b" && redirect?.becomesGET == becomesGET)
    }

    @Test("Other statuses, and more or fewer than one location, are no redirect")
    func none() throws {
        let origin = try Origin("http://origin.test")
        for status in [200, 300, 304, 305, 400] {
            #expect(
                Redirect(status: status, locations: ["/b"], method: "GET", target: "/a", origin: origin) == nil)
        }
        for locations in [[], ["/b", "/c"]] {
            #expect(Redirect(status: 302, locations: locations, method: "GET", target: "/a", origin: origin) == nil)
        }
    }
}
