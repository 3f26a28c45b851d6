import Glibc
import Logging
import NIOCore
import ReverseHTTP
import Tunnels

extension PublicPortChannel {
    /// Puts the session on a connection that has just been switched to a tunnel.
    func openTunnel(on channel: any Channel, from identity: TunnelIdentity, logger: Logger) throws {
        tune(channel)
        let session = try ClientSession(on: channel, configuration: door.session, logger: logger)
        guard door.opened(session, identity) else {
            // GOAWAY tells the connector that this was no accident of the network.
            session.drain()
            return
        }
    }

    /// A tunnel is idle most of its life, and has to notice a dead peer: small buffers, and TCP's own time limit.
    private func tune(_ channel: any Channel) {
        guard let options = channel.syncOptions else { return }
        let level = ChannelOptions.Types.SocketOption.self
        try? options.setOption(ChannelOptions.allowRemoteHalfClosure, value: false)
        try? options.setOption(
            ChannelOptions.recvAllocator,
            value: AdaptiveRecvByteBufferAllocator(minimum: 1024, initial: 1024, maximum: 64 << 10))
        try? options.setOption(level.init(level: .tcp, name: .tcp_nodelay), value: 1)
        try? options.setOption(
            level.init(level: .tcp, name: .init(rawValue: TCP_USER_TIMEOUT)),
            value: Int(door.userTimeout.nanoseconds / 1_000_000))
    }
}
