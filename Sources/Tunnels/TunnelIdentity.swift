import ReverseHTTP

/// Whose connector a session belongs to. Tunnel, user and token come from the verified token alone (T9); the rest is what
/// the connector says of itself, and decides nothing beyond its own tunnel.
package struct TunnelIdentity: Sendable, Hashable {
    package var tunnelID: String
    package var userID: String
    package var tokenID: String
    /// Names one connector for as long as its process's state lives.
    package var instance: String
    /// Grows each time that connector starts anew.
    package var epoch: UInt64
    package var connectorVersion: String
    /// Whether it knows requests that it answers itself, without the API. Another one would take them for calls.
    package var answersProbes: Bool
    package var remoteAddress: String

    package init(
        tunnelID: String, userID: String, tokenID: String, instance: String, epoch: UInt64,
        connectorVersion: String, answersProbes: Bool = false, remoteAddress: String
    ) {
        self.tunnelID = tunnelID
        self.userID = userID
        self.tokenID = tokenID
        self.instance = instance
        self.epoch = epoch
        self.connectorVersion = connectorVersion
        self.answersProbes = answersProbes
        self.remoteAddress = remoteAddress
    }
    /// Reads what a connector says of itself.
    ///
    /// - Parameter header: the first value of the request's field of that name.
    package init(
        tunnelID: String, userID: String, tokenID: String, remoteAddress: String, header: (String) -> String?
    ) {
        func word(_ field: TunnelField, _ limit: Int) -> String {
            String((header(field.rawValue) ?? "").filter { $0.isASCII && !$0.isWhitespace }.prefix(limit))
        }
        let instance = word(.instance, 64)
        self.init(
            tunnelID: tunnelID, userID: userID, tokenID: tokenID, instance: instance.isEmpty ? "unnamed" : instance,
            epoch: UInt64(word(.epoch, 20)) ?? 0,
            connectorVersion: word(.version, 32),
            answersProbes: word(.capabilities, 256).split(separator: ",").contains { $0 == TunnelValue.probes },
            remoteAddress: remoteAddress)
    }
}
