import Glibc
import TestSupport
import Testing

/// What the other tests' programs rely on.
@Suite struct ProgramTests {
    @Test("a program that has ended is noticed, and its output read, while others that were started with it go on")
    func independent() async throws {
        try await withThrowingTaskGroup(of: [Program].self) { group in
            for turn in 0..<40 {
                group.addTask {
                    // Goes on until the test ends, whatever the short one does.
                    let long = try Program("sleep", ["infinity"])
                    let short = try await Program.run("echo", ["\(turn)"])
                    #expect(short.end == .exit(0) && short.output == "\(turn)\n")
                    return [long]
                }
            }
            var going: [Program] = []
            for try await some in group { going += some }
            #expect(going.allSatisfy { $0.end == nil })
            for program in going {
                program.kill(SIGKILL)
                #expect(await program.ended() == .signal(SIGKILL))
            }
        }
    }

    @Test("a program inherits no descriptor but its own three")
    func descriptors() async throws {
        let (reading, writing) = try closedPipe()
        // One that a child would get.
        let open = dup(writing)
        defer { for descriptor in [reading, writing, open] { close(descriptor) } }
        // The fourth is the listing's own.
        #expect(try await Program.output("ls", ["/proc/self/fd"]).split(separator: "\n") == ["0", "1", "2", "3"])
    }

    @Test("how a program ends is told: an exit code, a signal, or that it is not there")
    func ends() async throws {
        let failed = try await Program.run("sh", ["-c", "echo out; echo err >&2; exit 3"])
        #expect(failed.end == .exit(3) && failed.status == 3 && failed.output == "out\nerr\n")
        #expect(try Program.runBlocking("sh", ["-c", "kill -TERM $$"]).end == .signal(SIGTERM))
        await #expect(throws: Program.Failure.self) { try await Program.output("false", []) }
        await #expect(throws: Program.Failure.self) { try await Program.run("/nowhere/at/all", []) }
    }

    @Test("a line is found as soon as it is printed, and missed when the output ends")
    func lines() async throws {
        let program = try Program("sh", ["-c", "echo one; echo two of them; exec sleep infinity"])
        #expect(try await program.line(containing: "two") == "two of them")
        await program.stop()
        await #expect(throws: Program.Failure.self) { try await program.line(containing: "three") }
    }
}
