/// Where on its way a call failed.
package enum Stage: String, Sendable, Hashable, CaseIterable {
    case policy, relay, tunnel, connector, dns, tcp, tls, origin, validation
}
