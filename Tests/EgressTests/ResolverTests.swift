import EgressPolicy
import Foundation
import NIOCore
import Synchronization
import Testing

@testable import Egress

/// Looking names up.
@Suite struct ResolverTests {
    @Test func `A slow name holds up itself only, however many wait for it`() async throws {
        let gate = DispatchSemaphore(value: 0)
        let lookups = Mutex(0)
        let resolver = SystemResolver.patient(threads: 2) { name in
            lookups.withLock { $0 += 1 }
            if name == "slow.test" { gate.wait() }
            return [.loopback]
        }
        try await withThrowingTaskGroup(of: [IPAddress].self) { group in
            for _ in 0..<10 {
                group.addTask { try await resolver.addresses(of: "slow.test", deadline: .distantSoon) }
            }
            for index in 0..<10 {
                let found = try await resolver.addresses(of: "fast\(index).test", deadline: .distantSoon)
                #expect(found == [.loopback])
            }
            gate.signal()
            for try await found in group { #expect(found == [.loopback]) }
        }
        #expect(lookups.withLock { $0 } <= 12)
        resolver.close()
    }

    @Test func `A lookup has a deadline and a queue`() async throws {
        let gate = DispatchSemaphore(value: 0)
        let taken = Signal()
        let resolver = SystemResolver.patient(threads: 1, queue: 1) { _ in
            taken.open()
            gate.wait()
            return nil
        }
        await withTaskGroup(of: EgressError.Kind?.self) { group in
            group.addTask { await resolver.failure("a.test", .distantSoon) }
            await taken.wait()
            #expect(await resolver.failure("b.test", .now() + .milliseconds(20)) == .dnsTimeout)
            // Who gave up left the queue.
            group.addTask {
                while true {
                    // The one place may be taken by the other who asks.
                    let kind = await resolver.failure("c.test", .distantSoon)
                    if kind != .dnsOverloaded { return kind }
                }
            }
            while await resolver.failure("d.test", .now() + .milliseconds(1)) != .dnsOverloaded {}
            gate.signal()
            gate.signal()
            for await kind in group { #expect(kind == .nameNotFound) }
        }
        resolver.close()
    }

    @Test func `A cancelled task and a closed resolver end a lookup`() async throws {
        let gate = DispatchSemaphore(value: 0)
        let taken = Signal()
        let resolver = SystemResolver.patient(threads: 1) { _ in
            taken.open()
            gate.wait()
            return nil
        }
        await withTaskGroup(of: EgressError.Kind?.self) { group in
            group.addTask { await resolver.failure("a.test", .distantSoon) }
            await taken.wait()
            group.cancelAll()
            #expect(await group.next() == .cancelled)
        }
        resolver.close()
        #expect(await resolver.failure("a.test", .distantSoon) == .overloaded)
        gate.signal()
    }

    @Test func `The system knows localhost, and not what does not exist`() {
        #expect(SystemResolver.system("localhost")?.contains { $0.classify() == .loopback } == true)
        #expect(SystemResolver.system("no-such-name.invalid") == nil)
    }

    @Test func `Addresses are remembered for a short while`() {
        var lookups = Lookups<Int>(limits: .init(cached: 2, timeToLive: .seconds(10)))
        let start = NIODeadline.uptimeNanoseconds(0)
        guard case .waits(true) = lookups.ask("a", id: 1, now: start, waiter: 1) else { return #expect(Bool(false)) }
        guard case .waits(false) = lookups.ask("a", id: 2, now: start, waiter: 2) else { return #expect(Bool(false)) }
        #expect(lookups.take() == "a")
        #expect(lookups.take() == nil)
        #expect(lookups.complete("a", [.loopback], now: start).sorted() == [1, 2])
        #expect(lookups.known("a", now: start + .seconds(9)) == [.loopback])
        #expect(lookups.known("a", now: start + .seconds(10)) == nil)
        // What was not found is not remembered, and the table keeps its size.
        for name in ["b", "c", "d"] {
            _ = lookups.ask(name, id: 3, now: start, waiter: 3)
            _ = lookups.take()
            _ = lookups.complete(name, name == "b" ? nil : [.loopback], now: start)
        }
        #expect(lookups.known("b", now: start) == nil && lookups.known("d", now: start) == [.loopback])
        #expect(["a", "b", "c", "d"].filter { lookups.known($0, now: start) != nil }.count <= 2)
    }
}

extension NIODeadline {
    /// All the time that a test may take.
    static var distantSoon: NIODeadline { .now() + .minutes(10) }
}

extension SystemResolver {
    /// One that waits for a name as long as a test may take.
    static func patient(
        threads: Int, queue: Int = 1000, lookUp: @escaping @Sendable (String) -> [IPAddress]?
    ) -> SystemResolver {
        SystemResolver(threads: threads, queue: queue, longest: .minutes(10), lookUp: lookUp)
    }

    /// What looking `name` up fails with; nil where it is found.
    func failure(_ name: String, _ deadline: NIODeadline) async -> EgressError.Kind? {
        do {
            _ = try await addresses(of: name, deadline: deadline)
            return nil
        } catch {
            return error.kind
        }
    }
}
