import Synchronization
import Traffic
import Vault

/// The scrubbers of APIs, each made once for the secrets its calls send now.
final class Scrubbers: Sendable {
    private struct Entry: Sendable {
        let secrets: [Secret]
        let scrubber: Scrubber
    }

    /// Beyond it the table is emptied: a scrubber is made again in some microseconds.
    private static let capacity = 20_000
    private let entries = Mutex<[String: Entry]>([:])

    /// The scrubber for these secrets; nil where there is none to look for.
    func scrubber(of api: String, for secrets: [Secret]) -> Scrubber? {
        guard !secrets.isEmpty else { return nil }
        let known = entries.withLock { $0[api] }
        if let known, Self.same(known.secrets, secrets) { return known.scrubber }
        let scrubber = Scrubber { add in
            for secret in secrets { secret.withBytes(add) }
        }
        entries.withLock { entries in
            if entries.count >= Self.capacity { entries.removeAll() }
            entries[api] = Entry(secrets: secrets, scrubber: scrubber)
        }
        return scrubber
    }

    /// The API is gone or its credentials have changed.
    func forget(api: String) {
        entries.withLock { _ = $0.removeValue(forKey: api) }
    }

    private static func same(_ left: [Secret], _ right: [Secret]) -> Bool {
        left.count == right.count && zip(left, right).allSatisfy { $0 === $1 || $0.matches($1) }
    }
}
