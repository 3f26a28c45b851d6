import NIOCore
import NIOSSL

extension ChannelHandlerContext {
    /// Closes the socket itself: TLS would wait for the peer's farewell.
    func closePastTLS() {
        let tls = try? pipeline.syncOperations.context(handlerType: NIOSSLServerHandler.self)
        (tls ?? self).close(promise: nil)
    }
}
