import Testing

@testable import netlab

@Suite struct LinkTests {
    private func link(_ change: (inout LinkSettings) -> Void) -> Link {
        var settings = LinkSettings()
        change(&settings)
        return Link(settings, stream: 0)
    }

    @Test("A packet arrives one delay after it was sent")
    func delay() {
        var link = link { $0.delay = 50_000_000 }
        #expect(link.admit(bytes: 1500, queued: 0, now: 7) == .deliver(at: 50_000_007))
    }

    @Test("Packets sent at once leave back to back at the rate, and an idle link saves nothing up")
    func rate() {
        var link = link { $0.rate = 1_000_000 }
        #expect(link.admit(bytes: 1000, queued: 0, now: 0) == .deliver(at: 1_000_000))
        #expect(link.admit(bytes: 1000, queued: 1000, now: 0) == .deliver(at: 2_000_000))
        #expect(link.admit(bytes: 1000, queued: 0, now: 9_000_000) == .deliver(at: 10_000_000))
        #expect(link.admit(bytes: 1000, queued: 1000, now: 9_000_000) == .deliver(at: 11_000_000))
    }

    @Test("The same seed loses the same packets, about as many as asked for")
    func loss() {
        func verdicts(seed: UInt64) -> [Link.Verdict] {
            var link = link {
                $0.loss = 0.1
                $0.seed = seed
            }
            return (0..<10_000).map { _ in link.admit(bytes: 100, queued: 0, now: 0) }
        }
        let first = verdicts(seed: 1)
        #expect(first == verdicts(seed: 1))
        #expect(first != verdicts(seed: 2))
        #expect((900...1100).contains(first.count { $0 == .lost }))
    }

    @Test("Dice that start again fall the same way")
    func restartDice() {
        var link = link { $0.loss = 0.5 }
        let first = (0..<100).map { _ in link.admit(bytes: 100, queued: 0, now: 0) }
        link.restartDice()
        #expect(first == (0..<100).map { _ in link.admit(bytes: 100, queued: 0, now: 0) })
    }

    @Test("A full queue drops the newest packet")
    func overflow() {
        var link = link { $0.queue = 2000 }
        #expect(link.admit(bytes: 1500, queued: 500, now: 0) == .deliver(at: 0))
        #expect(link.admit(bytes: 1500, queued: 501, now: 0) == .overflowed)
    }

    @Test("A dropping link silences everything until it passes again")
    func dropping() {
        var link = link { $0.isDropping = true }
        #expect(link.admit(bytes: 1, queued: 0, now: 0) == .silenced)
        link.apply(LinkSettings())
        #expect(link.admit(bytes: 1, queued: 0, now: 0) == .deliver(at: 0))
    }

    @Test("A limited link's queue holds its delay and 100 ms more; an unlimited one's 64 MiB")
    func queueLimit() {
        var settings = LinkSettings()
        #expect(settings.queueLimit == 64 * 1024 * 1024)
        settings.rate = 1_000_000
        settings.delay = 100_000_000
        #expect(settings.queueLimit == 200_000 + 65536)
    }
}
