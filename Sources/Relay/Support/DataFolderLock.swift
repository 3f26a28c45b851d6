import Glibc

/// Who works on a data folder: any number at once, or one that needs it alone. Held until the process ends, so that no
/// way of ending it, SIGKILL included, leaves a lock behind.
///
/// Several relays may share a folder for a while, as when one hands over to the next.
enum DataFolderLock {
    enum Mode {
        case shared, alone
    }

    /// Throws when others hold the folder in a way that excludes this one; it does not wait.
    static func hold(_ folder: String, _ mode: Mode) throws(RelayError) {
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw RelayError("The folder \(folder) cannot be opened: \(String(cString: strerror(errno))).")
        }
        guard flock(descriptor, (mode == .shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0 else {
            let reason = errno
            close(descriptor)
            guard reason == EWOULDBLOCK else {
                throw RelayError("The folder \(folder) cannot be locked: \(String(cString: strerror(reason))).")
            }
            throw RelayError(
                mode == .shared
                    ? "A backup is being restored to \(folder). Try again when that is done."
                    : "A relay, or a command of it, is running on \(folder). Stop it first.")
        }
    }

    /// One rotation of keys at a time, beside whatever else works on the folder.
    static func holdForRotation(_ folder: String) throws(RelayError) {
        guard fileExists(RelayStorage.database(in: folder)) else { return }
        let path = folder + "/rotation.lock"
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw RelayError("The file \(path) cannot be made: \(String(cString: strerror(errno))).")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw RelayError("Another rotation of keys is under way on \(folder). Try again when it is done.")
        }
    }
}
