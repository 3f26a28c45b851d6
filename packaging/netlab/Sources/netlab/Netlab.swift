import Glibc

/// `netlab [--delay 50ms] [--loss 0] [--rate 0] [--queue 0] [--seed 1]`: the forwarder, meant to be started by
/// `netlab.sh`.
@main
enum Netlab {
    static func main() {
        do {
            let settings = try LinkSettings(arguments: CommandLine.arguments.dropFirst())
            try Forwarder(settings: settings, control: STDIN_FILENO, replies: STDOUT_FILENO).run()
        } catch {
            let bytes = Array("netlab: \(error)\n".utf8)
            _ = write(STDERR_FILENO, bytes, bytes.count)
            exit(1)
        }
    }
}
