import Egress
import Failure
import NIOCore
import Pipeline

/// One attempt at one direct call. Confined to the caller's event loop.
final class DirectExchange: RouteExchange {
    private var answered: ((Result<InboundResponse, CallFailure>) -> Void)?
    private var call: EgressCall?

    init(_ answered: @escaping (Result<InboundResponse, CallFailure>) -> Void) {
        self.answered = answered
    }

    func cancel() { call?.cancel() }

    func send(_ request: EgressRequest, through egress: EgressClient, on loop: any EventLoop) {
        let bound = NIOLoopBound(self, eventLoop: loop)
        let call = egress.send(request, on: loop) { bound.value.received($0) }
        // It may have been answered by now.
        if answered != nil { self.call = call }
    }

    private func received(_ result: Result<EgressResponse, any Error>) {
        switch result {
        case .success(let response):
            var inbound = EgressExchange.inbound(response)
            if let call { inbound.giveUp = { call.cancel() } }
            finish(.success(inbound))
        case .failure(let error as EgressError): finish(.failure(EgressFailure.failure(error)))
        case .failure(let error as CallFailure): finish(.failure(error))
        case .failure:
            finish(.failure(CallFailure(.cancelled, stage: .relay, detail: "The caller went away.")))
        }
    }

    func finish(_ result: Result<InboundResponse, CallFailure>) {
        let answered = answered
        self.answered = nil
        call = nil
        answered?(result)
    }
}
