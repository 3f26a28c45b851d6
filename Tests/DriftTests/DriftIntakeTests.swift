import Registry
import Testing
import Value

@testable import Drift

@Suite("Taking note of answers that do not follow their schema")
struct DriftIntakeTests {
    private let api: CompiledAPI

    init() throws { api = try CompiledAPI(stored: Sample.stored()) }

    private func report(_ name: String = "one", time: Int64, bytes: Int = 10) throws -> DriftReport {
        try #require(Sample.report(["id": 1], to: name == "one" ? "one" : name, of: api, time: time, bytes: bytes))
    }

    @Test("all are counted, and one a second is kept to be looked at")
    func sampling() throws {
        var intake = DriftIntake()
        for time: Int64 in [0, 10, 999_999, 1_000_000, 1_000_001, 2_500_000] { intake.add(try report(time: time)) }
        intake.add(try report("all", time: 5))
        let batches = intake.take()
        let one = try #require(batches[.init(api: "a1", endpoint: "one")])
        #expect(one.count == 6 && one.first == 0 && one.last == 2_500_000)
        #expect(one.samples.map(\.time) == [0, 1_000_000, 2_500_000])
        #expect(batches[.init(api: "a1", endpoint: "all")]?.samples.count == 1)
        #expect(intake.isEmpty && intake.take().isEmpty)
        // The pause counts from the last that was kept, handed out or not.
        intake.add(try report(time: 2_600_000))
        intake.add(try report(time: 2_000_000))
        #expect(intake.take().values.first?.samples.map(\.time) == [2_000_000])
    }

    @Test("answers, their bytes and endpoints are bounded; what finds no room is counted, or passed over")
    func bounds() throws {
        var limits = DriftIntake.Limits()
        limits.answers = 2
        limits.bytes = 100
        limits.endpoints = 2
        limits.pause = 0
        var intake = DriftIntake(limits: limits)
        for bytes in [60, 50, 40, 1] { intake.add(try report(time: 1, bytes: bytes)) }
        intake.add(try report("all", time: 1))
        intake.add(try report("short", time: 1))
        let batches = intake.take()
        #expect(batches[.init(api: "a1", endpoint: "one")]?.count == 4)
        #expect(batches[.init(api: "a1", endpoint: "one")]?.samples.map(\.bytes) == [60, 40])
        #expect(batches[.init(api: "a1", endpoint: "all")]?.samples.isEmpty == true)
        #expect(batches.count == 2)
        limits.answersOfOne = 1
        limits.endpoints = 3
        var fair = DriftIntake(limits: limits)
        fair.add(try report(time: 1))
        fair.add(try report("all", time: 1))
        let other = try #require(Sample.report(["id": 1], to: "one", of: CompiledAPI(stored: Sample.stored(id: "a2"))))
        fair.add(other)
        #expect(fair.take().filter { !$0.value.samples.isEmpty }.map(\.key.api).sorted() == ["a1", "a2"])
        intake.add(try report("short", time: 2))
        #expect(intake.take().values.first?.samples.count == 1)
    }

    @Test("with another definition the count of its endpoints begins anew, and their answers give up their room")
    func definitionChange() throws {
        var limits = DriftIntake.Limits()
        limits.answers = 1
        limits.pause = 0
        var intake = DriftIntake(limits: limits)
        intake.add(try report(time: 1))
        let next = try CompiledAPI(stored: Sample.stored(version: 2))
        intake.add(try #require(Sample.report(["id": 1], to: "one", of: next, time: 2)))
        let batch = try #require(intake.take().values.first)
        #expect(batch.api.version == 2 && batch.count == 1 && batch.samples.map(\.time) == [2])
    }
}
