package import NIOCore
import Synchronization

/// The circuit breakers of all APIs. It holds at most ``capacity`` keys: when it is full, breakers are forgotten that
/// have nothing to remember, and while there is none, a new key's calls go through unwatched.
package final class BreakerTable: Sendable {
    /// A call that was let through, to be given back with its verdict.
    package struct Ticket: Sendable {
        fileprivate let key: String
        /// Nil for a call that is not watched.
        fileprivate let ticket: CircuitBreaker.Ticket?
        fileprivate let serial: UInt64
    }

    package enum Admission: Sendable {
        case admitted(Ticket)
        /// Try again after so long.
        case refused(retryAfter: TimeAmount)
    }

    private struct Entry {
        var breaker: CircuitBreaker
        /// Tells a key's breaker from the one it had before it was forgotten.
        let serial: UInt64

        mutating func admit(_ key: String, now: NIODeadline) -> Admission {
            switch breaker.admit(now: now) {
            case .admitted(let ticket): .admitted(Ticket(key: key, ticket: ticket, serial: serial))
            case .refused(let retryAfter): .refused(retryAfter: retryAfter)
            }
        }
    }

    private struct Table {
        var entries: [String: Entry] = [:]
        var nextSerial: UInt64 = 0
        /// Before this time the table is not searched again for breakers to forget.
        var nextSweep: NIODeadline = .uptimeNanoseconds(0)

        /// True where the ticket's breaker has not been forgotten.
        func knows(_ ticket: Ticket) -> Bool { entries[ticket.key]?.serial == ticket.serial }
    }

    package let capacity: Int
    private let configuration: CircuitBreaker.Configuration
    private let table = Mutex(Table())

    /// - Parameter capacity: the most keys held; one takes about 500 bytes. Default 20,000.
    package init(_ configuration: CircuitBreaker.Configuration = .defaults, capacity: Int = 20_000) {
        self.configuration = configuration
        self.capacity = max(capacity, 0)
    }

    /// The keys held now, for a gauge.
    package var count: Int { table.withLock { $0.entries.count } }

    /// The keys whose breakers are not closed, for a gauge.
    package var tripped: Int { table.withLock { $0.entries.values.count { $0.breaker.state != .closed } } }

    /// What a key's breaker is in; closed where there is none.
    package func state(of key: String) -> CircuitBreaker.State {
        table.withLock { $0.entries[key]?.breaker.state ?? .closed }
    }

    /// How long calls of `key` are held back still, without admitting one; nil where one may be made.
    package func refusal(of key: String, now: NIODeadline) -> TimeAmount? {
        table.withLock { $0.entries[key]?.breaker.coolOff(now: now) }
    }

    /// Judges a call of `key` that is about to be made.
    package func admit(_ key: String, now: NIODeadline) -> Admission {
        table.withLock { table in
            guard makeRoom(for: key, in: &table, now: now) else {
                return .admitted(Ticket(key: key, ticket: nil, serial: 0))
            }
            // Every admission uses up a serial, so that the default need not be told from what is there.
            table.nextSerial += 1
            let serial = table.nextSerial
            return table.entries[
                key, default: Entry(breaker: CircuitBreaker(configuration, now: now), serial: serial)
            ].admit(key, now: now)
        }
    }

    /// As ``CircuitBreaker/succeeded(_:now:)``.
    package func succeeded(_ ticket: Ticket, now: NIODeadline) {
        guard let own = ticket.ticket else { return }
        table.withLock { table in
            if table.knows(ticket) { table.entries[ticket.key]?.breaker.succeeded(own, now: now) }
        }
    }

    /// As ``CircuitBreaker/failed(_:now:)``.
    package func failed(_ ticket: Ticket, now: NIODeadline) {
        guard let own = ticket.ticket else { return }
        table.withLock { table in
            if table.knows(ticket) { table.entries[ticket.key]?.breaker.failed(own, now: now) }
        }
    }

    /// As ``CircuitBreaker/abandoned(_:)``.
    package func abandoned(_ ticket: Ticket) {
        guard let own = ticket.ticket else { return }
        table.withLock { table in
            if table.knows(ticket) { table.entries[ticket.key]?.breaker.abandoned(own) }
        }
    }

    /// Forgets a key, because its API is gone or has changed.
    package func forget(_ key: String) {
        table.withLock { _ = $0.entries.removeValue(forKey: key) }
    }

    private func makeRoom(for key: String, in table: inout Table, now: NIODeadline) -> Bool {
        if table.entries.count < capacity || table.entries[key] != nil { return true }
        guard now >= table.nextSweep else { return false }
        table.nextSweep = now + .seconds(1)
        table.entries = table.entries.filter { !$0.value.breaker.isPristine(now: now) }
        return table.entries.count < capacity
    }
}
