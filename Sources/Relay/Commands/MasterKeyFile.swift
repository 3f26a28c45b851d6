import Glibc
import Vault

/// The file that holds the master key, and how it is replaced so that every moment of it can be survived:
///
/// 1. the new key is written beside the file, as `….new`;
/// 2. the database is rotated; from its first transaction on, only the new key opens it;
/// 3. the former key is kept as `….old-TERM`, and the new file takes the file's name.
///
/// Who reads the key takes both files, and the one that fits: there is no moment without it.
struct MasterKeyFile {
    let path: String

    init(_ path: String) {
        self.path = path
    }

    private var stagedPath: String { path + ".new" }

    /// The key that is to take this one's place; nil when there is none.
    func staged() throws(VaultError) -> MasterKey? {
        guard fileExists(stagedPath) else { return nil }
        do {
            return try MasterKey.load(file: stagedPath).key
        } catch {
            // It may just have taken the file's name.
            guard fileExists(stagedPath) else { return nil }
            throw error
        }
    }

    /// Puts a new key beside the file, durably and whole; one that was put there before is replaced.
    func stage(_ key: MasterKey) throws {
        let partial = stagedPath + ".partial"
        unlink(partial)
        do {
            try key.save(newFile: partial)
        } catch {
            throw RelayError(
                "\(error.message) Nothing was changed. Where the key's file is managed by something else, say "
                    + "--leave-source and replace it there.")
        }
        guard rename(partial, stagedPath) == 0 else {
            throw RelayError("The file \(stagedPath) cannot be made: \(String(cString: strerror(errno))).")
        }
        try syncFolder(of: stagedPath)
    }

    /// Gives the new key the file's name; returns where the former one is now.
    ///
    /// - Parameter term: the former key's.
    func install(replacingTerm term: UInt32) throws(RelayError) -> String {
        let former = path + ".old-\(term)"
        // After an interruption it may be there already.
        guard link(path, former) == 0 || errno == EEXIST else { throw failure("kept as \(former)") }
        guard rename(stagedPath, path) == 0 else { throw failure("replaced") }
        try syncFolder(of: path)
        return former
    }

    private func failure(_ done: String) -> RelayError {
        RelayError(
            "The database has the new master key, but \(path) could not be \(done): \(String(cString: strerror(errno))). "
                + "The new key is in \(stagedPath), where the relay finds it. Run the command again.")
    }
}
