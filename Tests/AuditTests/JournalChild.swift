import Glibc
import Testing

@testable import Audit

/// This test executable started once more, to do one thing to a journal and be killed meanwhile, or to live with a limit
/// that would hit other tests.
struct JournalChild {
    enum Task: String {
        /// Appends for ever, and says how far it has come in the file `told`.
        case appending
        /// Appends until the file may not grow, and checks what is left then.
        case limited
    }

    static let variable = "PENSTOCK_JOURNAL_CHILD"

    let process: pid_t
    private let toldFile: String

    static func start(_ task: Task, _ folder: TemporaryFolder) throws -> JournalChild {
        var process = pid_t()
        let arguments = [
            "/proc/self/exe", "--testing-library", "swift-testing", "--filter", "AuditTests.JournalChildTests",
        ]
        var environment: [String] = ["\(variable)=\(task.rawValue):\(folder.path)"]
        for name in ["PATH", "LD_LIBRARY_PATH", "HOME"] {
            if let value = getenv(name) { environment.append("\(name)=\(String(cString: value))") }
        }
        let (words, values) = (arguments.map { strdup($0) } + [nil], environment.map { strdup($0) } + [nil])
        defer { for text in words + values { free(text) } }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        let failure = posix_spawn(&process, "/proc/self/exe", &actions, nil, words, values)
        try #require(failure == 0, "\(String(cString: strerror(failure)))")
        return JournalChild(process: process, toldFile: folder.path + "/told")
    }

    /// The last record that the child was told is on the disk.
    var told: Int64 {
        let bytes = TemporaryFolder.read(toldFile)
        return bytes.count < 8 ? 0 : bytes.littleEndian(at: 0, as: Int64.self)
    }

    /// Waits for its end: the code that it exited with, or the signal that ended it.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status & 0x7f == 0 ? status >> 8 & 0xff : status & 0x7f
    }
}

/// What the child does.
@Suite("Journal child", .enabled(if: getenv(JournalChild.variable) != nil, "only in the child of another test"))
struct JournalChildTests {
    @Test("does what its parent asks for")
    func run() throws {
        let words = String(cString: try #require(getenv(JournalChild.variable))).split(separator: ":", maxSplits: 1)
        let (journal, opening) = try Journal.open(String(words[1]))
        #expect(opening.alarms.isEmpty)
        switch JournalChild.Task(rawValue: String(words[0])) {
        case .appending: try append(journal)
        case .limited: try fill(journal)
        case nil: Issue.record("no task")
        }
    }

    private func append(_ journal: Journal) throws {
        let told = Glibc.open(journal.folder + "/told", O_RDWR | O_CREAT, 0o600)
        while true {
            try journal.add((0...Int.random(in: 0...6)).map { record($0) })
            var sequence = journal.chain.sequence
            pwrite(told, &sequence, 8, 0)
        }
    }

    private func fill(_ journal: Journal) throws {
        signal(SIGXFSZ, SIG_IGN)
        // Not at the end of any record.
        var limit = rlimit(rlim_cur: 200_001, rlim_max: 200_001)
        try #require(setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0)
        var end = journal.chain
        var failure: JournalError?
        while failure == nil {
            do {
                try journal.append((0..<5).map { try AuditPending(record($0)) })
                end = journal.chain
            } catch {
                failure = error as? JournalError
            }
        }
        for _ in 0..<3 {
            #expect(failure?.code == .full)
            failure = #expect(throws: JournalError.self) { try journal.append([try AuditPending(record(1))] + many) }
            #expect(#expect(throws: JournalError.self) { try journal.probe() }?.code == .full)
            #expect(journal.chain == end)
        }
    }

    private var many: [AuditPending] { (0..<20).compactMap { try? AuditPending(record($0)) } }
}
