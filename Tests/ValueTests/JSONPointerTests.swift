import Testing
import Value

@Suite("JSON Pointer")
struct JSONPointerTests {
    /// The document of RFC 6901, section 5.
    private let document: JSON = [
        "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8,
    ]

    @Test(
        "The examples of RFC 6901 hold",
        arguments: [
            ("/foo", ["bar", "baz"]), ("/foo/0", "bar"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/e^f", 3), ("/g|h", 4),
            ("/i\\j", 5), ("/k\"l", 6), ("/ ", 7), ("/m~0n", 8),
        ] as [(String, JSON)])
    func examples(text: String, value: JSON) throws {
        let pointer = try #require(JSONPointer(text: text))
        #expect(document[pointer] == value)
        #expect(pointer.description == text)
    }

    @Test("The empty pointer is the whole document")
    func whole() throws {
        let pointer = try #require(JSONPointer(text: ""))
        #expect(pointer == .root)
        #expect(document[pointer] == document)
        #expect(pointer.parent == nil)
    }

    @Test(
        "What does not exist gives nil",
        arguments: ["/foo/2", "/foo/-", "/foo/00", "/foo/-1", "/x", "/foo/0/x", "/foo/٠"])
    func absent(text: String) throws {
        #expect(document[try #require(JSONPointer(text: text))] == nil)
    }

    @Test("Ill-formed pointers are refused", arguments: ["foo", "/~", "/~2", "/a~", "#/foo"])
    func refusals(text: String) {
        #expect(JSONPointer(text: text) == nil)
    }

    @Test("Appending escapes in the text only")
    func appending() {
        let pointer = JSONPointer.root.appending("a/b").appending(0).appending("~1")
        #expect(pointer.description == "/a~1b/0/~01")
        #expect(pointer.tokens == ["a/b", "0", "~1"])
        #expect(JSONPointer(text: pointer.description) == pointer)
        #expect(pointer.parent == JSONPointer(["a/b", "0"]))
    }
}
