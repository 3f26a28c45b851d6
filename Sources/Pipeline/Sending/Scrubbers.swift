import Redaction
import Synchronization
import Vault

/// The scrubbers of APIs, each made once for the secrets its calls send now.
final class Scrubbers: Sendable {
    private struct Entry: Sendable {
        let secrets: [Secret]
        let scrubber: Scrubber
    }

    /// Beyond so many bytes the table is emptied: a scrubber is made again in some microseconds.
    private static let capacity = 128 << 20

    private struct Table {
        var entries: [String: Entry] = [:]
        var memory = 0

        mutating func remove(_ api: String) {
            if let entry = entries.removeValue(forKey: api) { memory -= entry.scrubber.memory }
        }
    }

    private let table = Mutex(Table())

    /// The scrubber for these secrets; nil where there is none to look for.
    func scrubber(of api: String, for secrets: [Secret]) -> Scrubber? {
        guard !secrets.isEmpty else { return nil }
        let known = table.withLock { $0.entries[api] }
        if let known, Self.same(known.secrets, secrets) { return known.scrubber }
        let scrubber = Scrubber { add in
            for secret in secrets { secret.withBytes(add) }
        }
        table.withLock { table in
            table.remove(api)
            if table.memory + scrubber.memory > Self.capacity { table = Table() }
            table.entries[api] = Entry(secrets: secrets, scrubber: scrubber)
            table.memory += scrubber.memory
        }
        return scrubber
    }

    /// The API is gone or its credentials have changed.
    func forget(api: String) {
        table.withLock { $0.remove(api) }
    }

    private static func same(_ left: [Secret], _ right: [Secret]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { $0 === $1 || $0.matches($1) }
    }
}
