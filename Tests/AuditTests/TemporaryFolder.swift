import Glibc
import TestSupport

/// A folder of its own, removed with all that is in it.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        path = "/tmp/penstock-journal-\(UInt64.random(in: .min ... .max))"
        mkdir(path, 0o700)
    }

    deinit { Folders.remove(path) }

    /// The segments' files in order.
    var segments: [String] { Folders.names(path).filter { $0.hasSuffix(".seg") }.map { path + "/" + $0 } }

    static func read(_ path: String) -> [UInt8] {
        let descriptor = open(path, O_RDONLY)
        guard descriptor >= 0 else { return [] }
        defer { close(descriptor) }
        var content: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = Glibc.read(descriptor, &chunk, chunk.count)
            guard got > 0 else { return content }
            content += chunk[..<got]
        }
    }

    static func write(_ bytes: [UInt8], to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        defer { close(descriptor) }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
