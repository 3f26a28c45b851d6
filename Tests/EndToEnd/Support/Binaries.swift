import Foundation

/// The executables under test: those in `PENSTOCK_TEST_BINARIES`, where that names a folder, as `packaging/test.sh` has it name
/// the ones that ship; else those beside the test bundle that runs.
enum Binaries {
    static let folder: String = {
        if let named = ProcessInfo.processInfo.environment["PENSTOCK_TEST_BINARIES"] { return named }
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path
        for candidate in [own] + CommandLine.arguments + [".build/debug/x"] {
            let folder = URL(fileURLWithPath: candidate).deletingLastPathComponent().path
            if access(folder + "/penstock-relay", X_OK) == 0 { return folder }
        }
        return ".build/debug"
    }()

    static let relay = folder + "/penstock-relay"
    static let connector = folder + "/penstock-connector"
    static let penstock = folder + "/penstock"

    /// A system tool by its name, or nil where there is none.
    static func tool(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { String($0) }
        return (folders + ["/usr/bin", "/usr/sbin", "/sbin"]).map { $0 + "/" + name }.first { access($0, X_OK) == 0 }
    }
}
