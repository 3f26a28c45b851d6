import NIOCore
import Pipeline

extension CallerWatch {
    /// A watch for one exchange of a connection.
    static func following(_ channel: any Channel) -> CallerWatch {
        let watch = CallerWatch()
        channel.closeFuture.whenComplete { _ in watch.callerLeft() }
        return watch
    }
}
