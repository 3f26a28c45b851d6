import Hummingbird
import Registry
import Testing
import Value

@testable import RelayHTTP

@Suite("Pages of lists")
struct PagingTests {
    /// The ids that an answer shows, and where the next page begins.
    private static func shown(_ response: Response) async throws -> (ids: [String], next: String?) {
        let page = try JSON.parse(String(buffer: try await response.body.sent()))
        return (page["items"]?.array?.compactMap { $0["id"]?.string } ?? [], page["next_cursor"]?.string)
    }

    private static func present(_ id: String) -> JSON {
        ["id": .string(id), "text": .string(String(repeating: "x", count: 1 << 20))]
    }

    private static let ids = (0..<6).map { "id\($0)" }

    @Test("A page of the store's ends at its bytes as it is shown, with a cursor to go on")
    func bytes() async throws {
        let request = try PageRequest(.get("/v1/tokens?limit=1000&cursor=a"))
        #expect(request.bounds.items == 1000 && request.bounds.bytes == 4 << 20 && request.bounds.after == "a")
        for hasMore in [false, true] {
            let page = Page(items: Self.ids, hasMore: hasMore)
            let (ids, next) = try await Self.shown(request.answer(page, by: \.self, Self.present))
            #expect(ids == Array(Self.ids.prefix(4)) && next == "id3")
        }
    }

    @Test("The store says whether the list goes on")
    func more() async throws {
        let request = try PageRequest(.get("/v1/tokens"))
        for (hasMore, end) in [(false, nil), (true, "id1")] as [(Bool, String?)] {
            let page = Page(items: Array(Self.ids.prefix(2)), hasMore: hasMore)
            let (ids, next) = try await Self.shown(request.answer(page, by: \.self, Self.present))
            #expect(ids == ["id0", "id1"] && next == end)
        }
    }

    @Test("A list at hand whole is sorted, cut at the cursor, and bounded alike")
    func slice() async throws {
        let request = try PageRequest(.get("/v1/apis?cursor=id0"))
        let (ids, next) = try await Self.shown(request.slice(Self.ids.reversed(), by: \.self, Self.present))
        #expect(ids == ["id1", "id2", "id3", "id4"] && next == "id4")
    }
}
