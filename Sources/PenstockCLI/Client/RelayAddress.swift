import Dialling
import EgressPolicy

/// The relay's address: `https://host[:port]`, without a path. Plain HTTP is taken for this machine only, since the
/// token would travel readable.
struct RelayAddress: Sendable, Hashable {
    /// Without a slash at the end.
    let text: String
    /// Whose certificate the relay must show; nil over plain HTTP.
    let identity: ServerIdentity?

    init(_ text: String) throws(CommandFailure) {
        var rest = text.trimmingSpaces[...]
        while rest.hasSuffix("/") { rest.removeLast() }
        let scheme = rest.prefix { $0 != ":" }.lowercased()
        rest = rest.dropFirst(scheme.count)
        guard ["https", "http"].contains(scheme), rest.hasPrefix("://") else {
            throw Self.unusable("it must begin with https://")
        }
        let authority = rest.dropFirst(3)
        guard !authority.contains("@") else { throw Self.unusable("it must not hold a user or a password") }
        let isClean = authority.utf8.allSatisfy { byte in
            (0x21...0x7E).contains(byte) && !"/?#\\\"<>%".utf8.contains(byte)
        }
        guard !authority.isEmpty, isClean else { throw Self.unusable("it must be https://host or https://host:port") }
        if scheme == "http", !Self.isLocal(authority) {
            throw Self.unusable("plain http would show your token to the network; use https://")
        }
        self.text = "\(scheme)://\(authority)"
        guard let origin = try? Origin(self.text) else {
            throw Self.unusable("its host must be a name or an IP address")
        }
        identity = origin.scheme == .https ? ServerIdentity(origin.host) : nil
    }

    private static func isLocal(_ authority: Substring) -> Bool {
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        guard host != "localhost", host != "[::1]" else { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func unusable(_ reason: String) -> CommandFailure {
        CommandFailure(.usage, "this is not the address of a relay: \(reason)")
    }
}
