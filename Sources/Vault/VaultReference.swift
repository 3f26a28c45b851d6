/// Where a credential lives: `vault://users/<user>/apis/<api>/<field>`. Not a secret.
///
/// Parse it once and keep the value: opening it then parses nothing.
package struct VaultReference: Hashable, Sendable, CustomStringConvertible {
    package let user: String
    package let api: String
    package let field: String

    /// Throws `VaultError.badReference` when a part is empty or holds anything but `[A-Za-z0-9_.-]`.
    package init(user: String, api: String, field: String) throws(VaultError) {
        for part in [user, api, field] where !Self.isName(part) {
            throw VaultError(
                .badReference, "\"\(part)\" cannot stand in a vault reference: use letters, digits, _ . and -.")
        }
        self.user = user
        self.api = api
        self.field = field
    }

    /// Reads the textual form; throws `VaultError.badReference` for anything else.
    package init(_ text: String) throws(VaultError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 7, parts[0] == "vault:", parts[1].isEmpty, parts[2] == "users", parts[4] == "apis" else {
            throw VaultError(.badReference, "A vault reference reads vault://users/<user>/apis/<api>/<field>.")
        }
        try self.init(user: String(parts[3]), api: String(parts[5]), field: String(parts[6]))
    }

    package var description: String { "vault://users/\(user)/apis/\(api)/\(field)" }

    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 128
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
