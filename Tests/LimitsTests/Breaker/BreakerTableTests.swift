import NIOCore
import Testing

@testable import Limits

@Suite("Circuit breakers by key")
struct BreakerTableTests {
    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000_000)

    private func ticket(_ table: BreakerTable, _ key: String, at time: NIODeadline)
        -> BreakerTable.Ticket?
    {
        guard case .admitted(let ticket) = table.admit(key, now: time) else { return nil }
        return ticket
    }

    private func trip(_ table: BreakerTable, _ key: String) {
        for _ in 0..<5 {
            if let ticket = ticket(table, key, at: start) { table.failed(ticket, now: start) }
        }
    }

    @Test("each key has a breaker of its own")
    func keys() throws {
        let table = BreakerTable()
        trip(table, "a")
        #expect(ticket(table, "a", at: start) == nil)
        #expect(table.state(of: "a") == .open)
        #expect(table.tripped == 1)
        let other = try #require(ticket(table, "b", at: start))
        table.succeeded(other, now: start)
        #expect(table.state(of: "b") == .closed)
        #expect(table.state(of: "never seen") == .closed)
        #expect(table.count == 2)
    }

    @Test("a probe's verdict reaches its breaker")
    func probes() throws {
        let table = BreakerTable()
        trip(table, "a")
        let later = start + .seconds(5)
        table.abandoned(try #require(ticket(table, "a", at: later)))
        for _ in 0..<2 { table.succeeded(try #require(ticket(table, "a", at: later)), now: later) }
        #expect(table.state(of: "a") == .closed)
    }

    @Test("T13: a full table forgets breakers with nothing to remember, and lets other calls through unwatched")
    func capacity() throws {
        let table = BreakerTable(capacity: 2)
        trip(table, "a")
        table.succeeded(try #require(ticket(table, "b", at: start)), now: start)
        for _ in 0..<10 { table.failed(try #require(ticket(table, "c", at: start)), now: start) }
        #expect(table.count == 2)
        #expect(table.state(of: "c") == .closed)
        _ = ticket(table, "c", at: start + .seconds(31))
        #expect(table.count == 2)
        #expect(table.tripped == 1)
        trip(table, "c")
        #expect(table.state(of: "c") == .open)
    }

    @Test("a verdict for a breaker that was forgotten does not reach the key's next one")
    func forgotten() throws {
        let table = BreakerTable()
        let early = try (0..<5).map { _ in try #require(ticket(table, "a", at: start)) }
        table.forget("a")
        _ = ticket(table, "a", at: start)
        for ticket in early { table.failed(ticket, now: start) }
        #expect(table.state(of: "a") == .closed)
    }
}
