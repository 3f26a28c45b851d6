import Settings

/// Reads files that the demo and its processes write.
enum DemoFiles {
    static func text(_ path: String) -> String? {
        (try? readFile(path, limit: 64 << 20)).map { String(decoding: $0, as: UTF8.self) }
    }

    /// A secret that a child has written.
    static func token(_ path: String) throws(CommandFailure) -> Token {
        try TokenSource.file(path).read()
    }
}
