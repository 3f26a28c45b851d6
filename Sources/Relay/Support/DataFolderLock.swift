import Glibc

/// Who works on a data folder: any number at once, or one that needs it alone. Held until the process ends, so that no
/// way of ending it, SIGKILL included, leaves a lock behind.
///
/// One relay serves a folder. Commands of it, which share the folder, work beside that.
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
            guard mode == .alone else {
                throw RelayError("A backup is being restored to \(folder). Try again when that is done.")
            }
            let who = server(of: folder) ?? "A relay, or a command of it,"
            throw RelayError("\(who) is running on \(folder). Stop it first.")
        }
    }

    /// For the one relay that serves the folder. Throws a sentence that names the process which does so already.
    static func holdToServe(_ folder: String) throws(RelayError) {
        let path = serveLock(in: folder)
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw RelayError("The file \(path) cannot be made: \(String(cString: strerror(errno))).")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let reason = errno
            close(descriptor)
            guard reason == EWOULDBLOCK else {
                throw RelayError("The file \(path) cannot be locked: \(String(cString: strerror(reason))).")
            }
            let who = server(of: folder) ?? "Another relay"
            throw RelayError("\(who) serves the data folder \(folder) already. Stop it first.")
        }
        // Only for the sentence above: the lock is what counts.
        let name = Array("\(getpid())\n".utf8)
        if ftruncate(descriptor, 0) == 0 { _ = write(descriptor, name, name.count) }
    }

    private static func serveLock(in folder: String) -> String { folder + "/serve.lock" }

    /// The relay that serves the folder, as a sentence begins with it; nil where there is none, or it cannot be told.
    private static func server(of folder: String) -> String? {
        let descriptor = open(serveLock(in: folder), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard flock(descriptor, LOCK_SH | LOCK_NB) != 0 else { return nil }
        var text = [UInt8](repeating: 0, count: 20)
        let count = max(read(descriptor, &text, text.count), 0)
        guard let process = Int32(String(decoding: text[..<count].prefix { $0 != 0x0a }, as: UTF8.self)) else {
            return nil
        }
        return "The relay with process id \(process)"
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
