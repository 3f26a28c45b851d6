import Audit
import Failure
import Glibc
import NIOCore
import NIOPosix
import StoreSQLite

/// What a record costs from an event loop to the disk and back: a number of calls in flight, each of which appends one
/// record after the other, as calls do.
struct AuditRounds {
    private static let loops = 2

    private let folder: String
    private let count: Int
    private let inFlight: Int

    init(_ options: Options) throws {
        folder = try options.text("data")
        count = try options.number("count")
        inFlight = try options.number("calls")
    }

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: Self.loops)
        for durability in [AuditWriter.Durability.strict, .relaxed] {
            let path = "\(folder)/\(durability.rawValue)"
            mkdir(path, 0o700)
            let store = try SQLiteStore(path: path + "/penstock.db")
            let ledger = try AuditLedger.open(path + "/journal", figures: store).ledger
            let writer = AuditWriter(store: ledger, durability: durability)
            let running = Task { try await writer.run() }
            let started = (Self.time(CLOCK_PROCESS_CPUTIME_ID), Self.time(CLOCK_MONOTONIC))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for call in 0..<inFlight {
                    let loop = group.next()
                    let done = loop.makePromise(of: Void.self)
                    let rounds = count / inFlight
                    loop.execute { Self.append(call, 0, of: rounds, to: writer, on: loop, done) }
                    tasks.addTask { try await done.futureResult.get() }
                }
                try await tasks.waitForAll()
            }
            while writer.counts.records < count / inFlight * inFlight { usleep(1000) }
            let spent = Self.time(CLOCK_PROCESS_CPUTIME_ID) - started.0
            let took = Self.time(CLOCK_MONOTONIC) - started.1
            running.cancel()
            try await running.value
            try ledger.flush()
            try store.close()
            let counts = writer.counts
            Bench.say(
                "\(durability.rawValue) \(Self.rounded(spent / Double(counts.records))) µs a record, "
                    + "\(Int(Double(counts.records) / took * 1e6)) /s, "
                    + "\(Self.rounded(Double(counts.records) / Double(max(counts.commits, 1)))) records a commit")
        }
        try await group.shutdownGracefully()
    }

    private static func append(
        _ call: Int, _ round: Int, of rounds: Int, to writer: AuditWriter, on loop: any EventLoop,
        _ done: EventLoopPromise<Void>
    ) {
        guard round < rounds else { return done.succeed() }
        let record = AuditRecord(
            kind: .call, time: WallClock.microseconds(), requestID: "01J000000000\(call)X\(round)", user: "usr_1",
            token: "tok_01J00000000000000000000000", apiID: "api_01J00000000000000000000000", apiSlug: "crm",
            endpoint: "get_customer", route: .tunnel(id: "tun_01J0", connector: "instance", session: "1"),
            outcome: "OK",
            method: "GET", pathTemplate: "/customers/{customer_id}", upstreamStatus: 200, responseBytes: 85,
            times: [.init("origin", microseconds: 900), .init("total", microseconds: 1300)])
        writer.append(record, on: loop) { result in
            switch result {
            // Not in this very turn: with `relaxed` the stack would grow by a frame a record.
            case .success: loop.execute { append(call, round + 1, of: rounds, to: writer, on: loop, done) }
            // More than the disk takes: later.
            case .failure(let error) where error.code == .overloaded:
                loop.scheduleTask(in: .milliseconds(5)) { append(call, round, of: rounds, to: writer, on: loop, done) }
            case .failure(let error): done.fail(error)
            }
        }
    }

    private static func rounded(_ value: Double) -> Double { (value * 100).rounded() / 100 }

    /// Microseconds of a clock.
    private static func time(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1000
    }
}
