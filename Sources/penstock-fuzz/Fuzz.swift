import Glibc

/// Looks for inputs that crash, hang, contradict or slow down Penstock's parsers and engines; `packaging/fuzz.sh` builds and
/// calls it.
@main
struct Fuzz {
    static func main() {
        guard let arguments = Arguments(CommandLine.arguments), let target = arguments.target() else {
            print(Arguments.usage)
            exit(2)
        }
        switch arguments.mode {
        case .run: exit(Runner(arguments).run() ? 0 : 1)
        case .child(let first, let count, let progress):
            Child(target: target, arguments: arguments).run(from: first, count: count, progress: progress)
        case .write(let index, let path):
            Child.limit()
            exit(Files.write(target.input(seed: arguments.seed, index: index), to: path) ? 0 : 1)
        case .replay(let path):
            guard let input = Files.bytes(path) else {
                print("\(path) cannot be read")
                exit(2)
            }
            Child.limit()
            let fault = target.fault(of: input)
            print(fault ?? "nothing wrong")
            exit(fault == nil ? 0 : 1)
        }
    }
}
