/// A slot reserved for one call. Send the call with `isReserved: true`, or give the slot back.
package struct TunnelLease<Session: TunnelSession>: Sendable {
    package let session: Session
    package let sessionID: UInt64
    package let identity: TunnelIdentity

    /// The call is not going to be sent.
    package func giveBack() {
        session.release()
    }
}
