import Settings
import Value

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// Files that the user named: what is wrong with them is wrong usage.
enum UserFile {
    /// The text of a file that holds one value, without the line break at its end.
    static func text(_ path: String, limit: Int = 64 << 10) throws(CommandFailure) -> String {
        try usage { () throws(SettingsError) in try readTextFile(path, limit: limit) }
    }

    static func bytes(_ path: String, limit: Int = 16 << 20) throws(CommandFailure) -> [UInt8] {
        try usage { () throws(SettingsError) in try readFile(path, limit: limit) }
    }

    /// Reads a file of any length, piece by piece.
    static func chunks(_ path: String, _ body: (ArraySlice<UInt8>) -> Void) throws(CommandFailure) {
        guard Descriptor.readFile(path, body) else {
            throw CommandFailure(.usage, "cannot read \(path.quotedForMessage): \(String(cString: strerror(errno)))")
        }
    }

    /// A YAML or JSON file, with its places.
    static func document(_ path: String) throws(CommandFailure) -> Document {
        try usage { () throws(SettingsError) in try parseFile(path) }
    }

    private static func usage<Result>(_ read: () throws(SettingsError) -> Result) throws(CommandFailure) -> Result {
        do throws(SettingsError) {
            return try read()
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }
}
