package import EgressPolicy
package import NIOCore

/// Turns names into addresses.
package protocol NameResolving: Sendable {
    /// Every address of `name`, in the order in which they should be tried; never an empty list.
    ///
    /// - Throws: `.nameNotFound`, `.dnsTimeout`, `.dnsOverloaded` or `.cancelled`.
    func addresses(of name: String, deadline: NIODeadline) async throws(EgressError) -> [IPAddress]

    /// The same where it is known at once; nil where it has to be asked for.
    func remembered(_ name: String) -> [IPAddress]?

    /// Fails what still waits.
    func close()
}

extension NameResolving {
    package func remembered(_ name: String) -> [IPAddress]? { nil }
}
