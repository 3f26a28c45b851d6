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
    /// Which of the connector's parallel connections this is, if it says so.
    package var connection: Int?
    package var connectorVersion: String
    package var remoteAddress: String

    package init(
        tunnelID: String, userID: String, tokenID: String, instance: String, epoch: UInt64, connection: Int? = nil,
        connectorVersion: String, remoteAddress: String
    ) {
        self.tunnelID = tunnelID
        self.userID = userID
        self.tokenID = tokenID
        self.instance = instance
        self.epoch = epoch
        self.connection = connection
        self.connectorVersion = connectorVersion
        self.remoteAddress = remoteAddress
    }
}
