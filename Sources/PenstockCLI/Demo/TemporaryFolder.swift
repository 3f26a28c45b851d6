#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A folder of mode 0700 for the length of a demo.
struct TemporaryFolder: Sendable {
    private static let prefix = "penstock-demo-"

    let path: String

    init() throws(CommandFailure) {
        let parent = Environment.values(of: ["TMPDIR"])["TMPDIR"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? "/tmp"
        var template = Array("\(parent)/\(Self.prefix)XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(.failed, "cannot create a folder in \(parent): \(String(cString: strerror(errno)))")
        }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    static func / (folder: TemporaryFolder, name: String) -> String {
        "\(folder.path)/\(name)"
    }

    /// Removes the folder and what is in it.
    func remove() {
        Self.remove(path)
    }

    /// Removes such a folder; anything with another name is left alone.
    static func remove(_ path: String) {
        guard path.split(separator: "/").last?.hasPrefix(prefix) == true else { return }
        FolderListing.removeAll(path)
    }
}
