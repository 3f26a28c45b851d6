#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The other executables, in the folder of this one.
struct SiblingExecutables: Sendable {
    let penstock: String
    let relay: String
    let connector: String

    static func find() throws(CommandFailure) -> SiblingExecutables {
        guard let own = realpath("/proc/self/exe", nil) else {
            throw CommandFailure(.failed, "cannot tell where this executable is: \(String(cString: strerror(errno)))")
        }
        defer { free(own) }
        let path = String(cString: own)
        let folder = Path.folder(of: path)
        return try SiblingExecutables(
            penstock: path, relay: executable("penstock-relay", folder),
            connector: executable("penstock-connector", folder))
    }

    private static func executable(_ name: String, _ folder: String) throws(CommandFailure) -> String {
        let path = "\(folder)/\(name)"
        guard access(path, X_OK) == 0 else {
            throw CommandFailure(
                .failed, "the demo needs \(name) beside penstock, and \(path) does not exist",
                notes: ["Build all executables: swift build"])
        }
        return path
    }
}
