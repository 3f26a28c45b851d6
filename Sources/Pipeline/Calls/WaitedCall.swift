package import Failure
import NIOCore
import NIOPosix
import Registry

extension Pipeline {
    /// Calls an endpoint, for who waits in a task: arguments in, data out, or one typed failure.
    package func callTool(_ tool: ToolRequest, _ context: CallContext) async throws(CallFailure) -> ToolAnswer {
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? MultiThreadedEventLoopGroup.singleton.any()
        let answer = await withCheckedContinuation { continuation in
            loop.execute {
                let waiting = WaitingSink(continuation)
                let call = Call(.tool(tool), of: self, context, on: loop, sink: waiting)
                let bound = NIOLoopBound(call, eventLoop: loop)
                context.watch.attach { loop.execute { bound.value.cancel() } }
                call.start()
            }
        }
        context.watch.detach()
        switch answer {
        case .tool(let tool): return tool
        case .failed(let failure): throw failure
        case .raw: throw Call.lost
        }
    }
}

/// Hears the answer of a call that a task waits for.
private final class WaitingSink: CallSink {
    private let continuation: CheckedContinuation<CallAnswer, Never>

    init(_ continuation: CheckedContinuation<CallAnswer, Never>) {
        self.continuation = continuation
    }

    func answered(_ answer: CallAnswer) { continuation.resume(returning: answer) }
    func ended(isWhole: Bool) {}
}
