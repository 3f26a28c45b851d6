package import Logging
package import NIOCore

/// Keeps a listener alive when accepting fails, as it does when descriptors or buffers run out: the error stops here,
/// where it would end the server's loop, and the next accept waits, where it would spin.
package final class AcceptErrorHandler: ChannelDuplexHandler {
    package typealias InboundIn = any Channel
    package typealias InboundOut = any Channel
    package typealias OutboundIn = Never
    package typealias OutboundOut = Never

    private let pause: TimeAmount
    private let logger: Logger
    private var isPaused = false
    private var isReadWanted = false

    /// - Parameter pause: time from a failed accept to the next. Default 100 ms.
    package init(pause: TimeAmount = .milliseconds(100), logger: Logger) {
        self.pause = pause
        self.logger = logger
    }

    /// Puts the handler in front of a listener's pipeline; give this to the application as `onServerRunning`.
    package static func protect(_ listener: any Channel, logger: Logger) async {
        let added = listener.eventLoop.submit {
            try listener.pipeline.syncOperations.addHandler(AcceptErrorHandler(logger: logger), position: .first)
        }
        do {
            try await added.get()
        } catch {
            logger.error("the listener has closed", metadata: ["error": "\(error)"])
        }
    }

    package func errorCaught(context: ChannelHandlerContext, error: any Error) {
        logger.error("a connection could not be accepted", metadata: ["error": "\(error)"])
        guard !isPaused else { return }
        isPaused = true
        context.eventLoop.assumeIsolated().scheduleTask(in: pause) {
            self.isPaused = false
            guard self.isReadWanted else { return }
            self.isReadWanted = false
            context.read()
        }
    }

    package func read(context: ChannelHandlerContext) {
        if isPaused {
            isReadWanted = true
        } else {
            context.read()
        }
    }
}
