import NIOCore
import NIOHTTP1
import Testing
import Value

@testable import PenstockCLI

@Suite struct SampleCRMTests {
    private func reply(_ method: HTTPMethod, _ uri: String, key: String? = "k", _ body: String = "") -> SampleCRM.Reply
    {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: uri)
        if let key { head.headers.add(name: "X-API-Key", value: key) }
        return SampleCRM(key: "k").reply(to: head, ByteBuffer(string: body))
    }

    @Test("A customer is found by id")
    func get() {
        let reply = reply(.GET, "/api/v1/customers/cust_12345")
        #expect(reply.status == .ok)
        #expect(reply.body["name"] == "John Smith")
        #expect(self.reply(.GET, "/api/v1/customers/cust_0").status == .notFound)
    }

    @Test("Without the key, or with another, nothing is said", arguments: [nil, "", "K"])
    func key(_ key: String?) {
        #expect(reply(.GET, "/api/v1/customers/cust_12345", key: key).status == .unauthorized)
    }

    @Test("Searching finds every customer that has all the words")
    func search() {
        let found = reply(.POST, "/api/v1/customers/search", "{\"query\": \"smith\", \"limit\": 5}")
        #expect(found.body.array?.count == 2)
        #expect(reply(.POST, "/api/v1/customers/search", "{\"query\": \"smith\", \"limit\": 1}").body.array?.count == 1)
        #expect(reply(.POST, "/api/v1/customers/search", "no").status == .badRequest)
    }
}
