import Drafts
import Testing

@Suite struct EndpointNamesTests {
    private func names(_ wishes: [(String?, String, String)]) -> [String] {
        EndpointNames.assign(wishes.map { EndpointNames.Wish($0.0, method: $0.1, path: $0.2) })
    }

    @Test("I: a name of allowed characters stays, any other is mapped")
    func mapped() {
        let result = names([
            ("listThings", "GET", "/things"), ("repos/get-content", "GET", "/repos"), ("a b--c", "GET", "/c"),
            ("get.one-thing", "GET", "/one"),
        ])
        #expect(result == ["listThings", "repos_get_content", "a_b_c", "get.one-thing"])
    }

    @Test("I: an operation without a name gets one from its method and path")
    func derived() {
        let result = names([
            (nil, "GET", "/users/{id}/posts"), ("", "POST", "/"), ("..", "DELETE", "/a.b"), ("дай", "GET", "/x"),
        ])
        #expect(result == ["get_users_id_posts", "post", "delete_a_b", "get_x"])
    }

    @Test("I: names are at most 64 bytes, and long ones that begin alike stay apart")
    func long() {
        let stem = String(repeating: "a", count: 80)
        let result = names([(stem + "1", "GET", "/1"), (stem + "2", "GET", "/2")])
        #expect(result.allSatisfy { $0.utf8.count == 64 })
        #expect(Set(result).count == 2)
    }

    @Test("I: names are unique, and do not depend on the order of operations")
    func stable() {
        let wishes: [(String?, String, String)] = [
            ("get", "GET", "/b"), ("get", "GET", "/a"), ("a/b", "GET", "/c"), ("a_b", "POST", "/d"),
            ("get", "GET", "/a"),
        ]
        let result = names(wishes)
        #expect(Set(result).count == wishes.count)
        #expect(result[1] == "get")
        #expect(result[3] == "a_b")
        let backwards = names(wishes.prefix(4).reversed())
        #expect(Array(backwards.reversed()) == Array(names(Array(wishes.prefix(4)))))
    }
}
