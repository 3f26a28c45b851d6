import Glibc
import JSONSchema

/// Tries cases one after another; a case that traps or takes too long ends the process, and the runner sees which it was.
struct Child {
    let target: any FuzzTarget
    let arguments: Arguments

    /// Seconds of processor time for one case.
    private static let seconds = 2
    private static let memory: UInt = 4 << 30
    /// One of so many cases is tried in two sizes.
    private static let grown = 16

    func run(from first: Int, count: Int, progress: String) -> Never {
        Self.limit()
        let file = open(progress, O_WRONLY | O_CREAT, 0o644)
        var hasFailed = false
        for index in first..<first + count {
            var place = index
            _ = pwrite(file, &place, MemoryLayout<Int>.size, 0)
            Self.arm()
            var input = target.input(seed: arguments.seed, index: index)
            var fault = target.fault(of: input)
            if fault == nil, index % Self.grown == 0 {
                var random = SplitMix64(seed: arguments.seed &+ UInt64(index))
                if let found = Growth(input, &random)?.fault(target, arm: Self.arm) { (input, fault) = found }
            }
            guard let fault else { continue }
            hasFailed = true
            print("case \(index): \(fault)")
            let path = "\(arguments.findings)/\(arguments.name)-\(arguments.seed)-\(index)"
            _ = Files.write(input, to: path)
            _ = Files.write(Array((fault + "\n").utf8), to: path + ".txt")
        }
        fflush(nil)
        exit(hasFailed ? 3 : 0)
    }

    /// Bounds this process.
    static func limit() {
        var bound = rlimit(rlim_cur: memory, rlim_max: memory)
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &bound)
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        arm()
    }

    /// A case that is not over by then ends the process by SIGPROF.
    private static func arm() {
        var timer = itimerval(it_interval: timeval(), it_value: timeval(tv_sec: seconds, tv_usec: 0))
        setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &timer, nil)
    }
}
