/// The fields that only relay and connector exchange. Neither an agent nor an origin may send one, and none is passed
/// on to them.
package enum TunnelField: String, Sendable, CaseIterable {
    // MARK: of a call

    /// The relay's id of the call; at most 128 characters.
    case requestID = "penstock-request-id"
    /// The time the caller will still wait, in whole milliseconds. Absent while a request body streams.
    case deadline = "penstock-deadline-ms"
    /// ``TunnelValue/head``: the deadline is for the response's head, and its body may take longer.
    case deadlineEnds = "penstock-deadline-ends"
    /// The id of the call in whose course this one is made; at most 128 characters.
    case parentID = "penstock-parent-id"
    /// ``TunnelValue/allow``: the path may hold encoded slashes.
    case slash = "penstock-slash"
    /// A ``TunnelProbe``: the connector answers itself, and the origin gets no request.
    case probe = "penstock-probe"

    // MARK: of a session's establishment

    /// Names one connector's connection for as long as its process lives; at most 64 characters.
    case instance = "penstock-instance"
    /// A number that grows each time the connection is dialled anew.
    case epoch = "penstock-epoch"
    /// The connector's version; at most 32 characters.
    case version = "penstock-version"
    /// What the connector understands beyond its first version: a comma-separated list of ``TunnelValue/probes``.
    case capabilities = "penstock-capabilities"
}

/// Values of ``TunnelField``s that are words.
package enum TunnelValue {
    /// Of ``TunnelField/deadlineEnds``.
    package static let head = "head"
    /// Of ``TunnelField/slash``.
    package static let allow = "allow"
    /// Of ``TunnelField/capabilities``: the connector answers ``TunnelField/probe``. One that does not would take a
    /// probe for a call.
    package static let probes = "probe"
}

/// What the relay asks the connector instead of calling the origin: a value of ``TunnelField/probe``.
package enum TunnelProbe: String, Sendable {
    /// Whether the local policy allows the request.
    case policy
    /// Also whether a connection to the origin can be made, TLS included.
    case connect
}
