import Discovery
import Testing
import Value

@Suite struct DiscoveryOptionsTests {
    @Test func `A request's members are read, and what is absent keeps its default`() throws {
        let options = try DiscoveryOptions([
            "samples": ["/users/1"], "observed": [["method": "GET", "path": "/users/7", "calls": 3]],
            "allow_introspection_post": true, "reach": "origin", "requests": 10, "deadline_s": 30, "follow_links": nil,
            "url": "https://crm.example.com",
        ])
        #expect(options.samples == ["/users/1"] && options.allowsIntrospectionPost && options.reach == .origin)
        #expect(options.requests == 10 && options.deadline == .seconds(30) && options.followsLinks)
        #expect(options.observed?.calls.map(\.template) == ["/users/{user_id}"])
        #expect(try DiscoveryOptions([:]).requests == 60)
    }

    @Test(
        arguments: [
            ("samples", "x"), ("samples", [1]), ("observed", [["path": "/x"]]), ("follow_links", "yes"),
            ("reach", "world"),
            ("requests", 0), ("requests", 201), ("requests", 1.5), ("deadline_s", 601), ("allow_introspection_post", 1),
        ] as [(String, JSON)])
    func `What is wrong is named by its place`(member: String, value: JSON) {
        #expect {
            try DiscoveryOptions(JSONObject([(member, value)]))
        } throws: { error in
            (error as? DiscoveryOptionFault)?.pointer == JSONPointer([member])
        }
    }
}
