import Testing

@testable import RelayHTTP

@Suite("Places for long work")
struct PlacesTests {
    @Test("T15: one user takes some of them and leaves the others their own")
    func fairness() {
        let places = Places(most: 5, ofOne: 2)
        #expect(places.enter("a") && places.enter("a"))
        #expect(!places.enter("a"))
        #expect(places.enter("b") && places.enter("b") && places.enter("c"))
        #expect(!places.enter("d"))
        places.leave("a")
        #expect(places.enter("d"))
        #expect(!places.enter("a"))
        for user in ["a", "b", "b", "c", "d"] { places.leave(user) }
        #expect(places.enter("a") && places.enter("a") && !places.enter("a"))
    }
}
