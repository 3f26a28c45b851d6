import Foundation

/// The executables under test, beside the test bundle that runs.
enum Binaries {
    static let folder: String = {
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        let candidates =
            [own] + CommandLine.arguments + (try? FileManager.default.contentsOfDirectory(atPath: ".build")).map {
                $0.map { ".build/\($0)/debug/x" }
            }.unwrapped(or: []) + [".build/debug/x"]
        for candidate in candidates {
            let folder = URL(fileURLWithPath: candidate).deletingLastPathComponent().path
            if FileManager.default.isExecutableFile(atPath: folder + "/penstock-relay") { return folder }
        }
        return ".build/debug"
    }()

    static let relay = folder + "/penstock-relay"
    static let connector = folder + "/penstock-connector"
    static let penstock = folder + "/penstock"

    /// A system tool by its name, or nil where there is none.
    static func tool(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":") + ["/usr/sbin", "/sbin"]
        return folders.map { "\($0)/\(name)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}

extension Optional {
    fileprivate func unwrapped(or other: Wrapped) -> Wrapped { self ?? other }
}
