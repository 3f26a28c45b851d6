import ArgumentParser

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// `penstock demo-keeper FOLDER`: listens to the demo on standard input, and should the demo be gone without a farewell,
/// ends its processes and removes its folder.
///
/// Lines: `child PID`, `ended PID`, `end`.
struct DemoKeeperCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo-keeper", abstract: "Cleans up behind a demo that was killed.", shouldDisplay: false)

    @Argument var folder: String

    func run() {
        var groups: Set<pid_t> = []
        while let line = readLine() {
            let words = line.split(separator: " ")
            if words == ["end"] { return }
            guard words.count == 2, let pid = pid_t(words[1]), pid > 1 else { continue }
            if words[0] == "child" { groups.insert(pid) } else { groups.remove(pid) }
        }
        for group in groups { kill(-group, SIGTERM) }
        let deadline = ContinuousClock.now + .seconds(5)
        while groups.contains(where: { kill(-$0, 0) == 0 }), ContinuousClock.now < deadline { poll(nil, 0, 20) }
        for group in groups { kill(-group, SIGKILL) }
        TemporaryFolder.remove(folder)
    }
}
