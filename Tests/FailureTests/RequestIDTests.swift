import Testing

@testable import Failure

struct RequestIDTests {
    @Test("an id is the ULID of its time and its random bits")
    func encoding() {
        var sequence = RequestID.Sequence()
        // The example of the ULID specification: 1469918176385 is 01ARYZ6S41.
        let id = sequence.next(milliseconds: 1_469_918_176_385) { 0 }
        #expect(id.description == "01ARYZ6S410000000000000000")
        let next = sequence.next(milliseconds: 1_469_918_176_386) { .max }
        #expect(next.description == "01ARYZ6S42ZZZZZZZZZZZZZZZZ")
    }

    @Test("ids of one millisecond, and of a clock that steps back, are in order")
    func order() {
        var sequence = RequestID.Sequence()
        let ids = [1000, 1000, 900, 1000, 1001].map { sequence.next(milliseconds: $0) { .max }.description }
        #expect(ids == ids.sorted())
        #expect(Set(ids).count == ids.count)
    }

    @Test("generated ids differ, and have 26 characters")
    func generated() {
        let ids = (0..<1000).map { _ in RequestID.generate().description }
        #expect(Set(ids).count == 1000)
        #expect(ids.allSatisfy { $0.utf8.count == 26 && $0.hasPrefix("0") })
    }
}
