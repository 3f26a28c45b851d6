import Glibc

/// Has children try cases until the time is over, and writes out the inputs that ended one.
struct Runner {
    private let arguments: Arguments
    private let program = CommandLine.arguments[0]
    /// Cases that one child tries.
    private static let chunk = 2000

    init(_ arguments: Arguments) { self.arguments = arguments }

    /// Whether nothing was found.
    func run() -> Bool {
        mkdir(arguments.findings, 0o755)
        let end = Self.now() + arguments.seconds
        let progress = "\(arguments.findings)/.progress-\(getpid())"
        defer { unlink(progress) }
        var next = 0
        var found = 0
        while Self.now() < end {
            let status = start([
                "--child", String(next), String(Self.chunk), progress, "--seed", String(arguments.seed), "--findings",
                arguments.findings,
            ])
            if status & 0x7f == 0 {
                let code = status >> 8 & 0xff
                guard code == 0 || code == 3 else {
                    print("a child left with \(code)")
                    return false
                }
                found += code == 3 ? 1 : 0
                next += Self.chunk
                continue
            }
            guard let index = Self.index(progress) else { return false }
            let signal = status & 0x7f
            let kind = signal == SIGPROF ? "hang" : "crash"
            let path = "\(arguments.findings)/\(arguments.name)-\(kind)-\(arguments.seed)-\(index)"
            print("case \(index): \(kind) (signal \(signal)), written to \(path)")
            _ = start(["--write", String(index), path, "--seed", String(arguments.seed)])
            found += 1
            next = index + 1
        }
        print("\(arguments.name): \(next) cases of seed \(arguments.seed), \(found) findings")
        return found == 0
    }

    /// Runs this program with other arguments; its status as `wait` gives it.
    private func start(_ options: [String]) -> Int32 {
        var words = [program, arguments.name] + options
        if let corpus = arguments.corpus { words += ["--corpus", corpus] }
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for pointer in pointers { free(pointer) } }
        var child: pid_t = 0
        fflush(nil)
        guard posix_spawn(&child, program, nil, nil, &pointers, environ) == 0 else { return 127 << 8 }
        var status: Int32 = 0
        while waitpid(child, &status, 0) < 0, errno == EINTR {}
        return status
    }

    private static func index(_ progress: String) -> Int? {
        guard let bytes = Files.bytes(progress), bytes.count >= 8 else { return nil }
        return bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return time.tv_sec
    }
}
