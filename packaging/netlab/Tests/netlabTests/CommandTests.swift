import Testing

@testable import netlab

@Suite struct CommandTests {
    @Test("Each command changes its own setting")
    func settings() throws {
        var expected = LinkSettings()
        expected.isDropping = true
        #expect(try Command.parse("drop", settings: LinkSettings()) == .set(expected))
        #expect(try Command.parse(" pass ", settings: expected) == .set(LinkSettings()))
        expected.delay = 50_000_000
        var dropping = LinkSettings()
        dropping.isDropping = true
        #expect(try Command.parse("delay 50", settings: dropping) == .set(expected))
        expected.seed = 9
        #expect(try Command.parse("seed 9", settings: expected) == .restartDice(expected))
        #expect(try Command.parse("stats", settings: expected) == .stats)
        #expect(try Command.parse("quit", settings: expected) == .quit)
    }

    @Test("The command line sets what the commands set", arguments: ["1.5s", "1500ms", "1500", "1500000us"])
    func arguments(delay: String) throws {
        let settings = try LinkSettings(arguments: [
            "--delay", delay, "--loss", "0.5%", "--rate", "10MB", "--seed", "7",
        ])
        #expect(settings.delay == 1_500_000_000)
        #expect(settings.loss == 0.005)
        #expect(settings.rate == 10_000_000)
        #expect(settings.seed == 7)
        #expect(!settings.allowsSegmentationOffload)
    }

    @Test(
        "Nonsense is refused",
        arguments: ["", "drop it", "delay", "delay -1", "delay nan", "delay 61s", "loss 101", "rate 1e300", "jitter 5"])
    func refused(line: String) {
        #expect(throws: LabError.self) { try Command.parse(line, settings: LinkSettings()) }
    }

    @Test("Input is cut into lines however it comes, and an endless line is cut at the limit")
    func lines() {
        var buffer = LineBuffer()
        #expect(buffer.append("dr".utf8) == [])
        #expect(buffer.append("op\npass\nde".utf8) == ["drop", "pass"])
        #expect(buffer.append("lay 5\n".utf8) == ["delay 5"])
        #expect(buffer.append(repeatElement(UInt8(ascii: "x"), count: 2000)).count == 1)
    }
}
