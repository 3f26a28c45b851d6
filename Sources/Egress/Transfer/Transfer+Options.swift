import CCurl
import EgressPolicy
import NIOCore

/// What a transfer sets of its easy handle.
extension Transfer {
    /// Sets what libcurl is to do for this request.
    func configure() {
        easy.transfer = self
        easy.set(CURLOPT_REQUEST_TARGET, plan.request.target)
        easy.setFields(plan.fields)
        let method = plan.request.method
        switch plan.request.body {
        case .none: easy.setMethod(method, method == "HEAD" ? .head : .get, length: 0)
        case .whole(let bytes): easy.setMethod(method, .upload, length: bytes.readableBytes)
        case .streamed(let length, _), .pushed(let length):
            easy.setMethod(method, .upload, length: length ?? -1)
        }
        // One will do for libcurl to ask for a socket; the race takes all of them.
        if let address = plan.targets(proxy: surroundings.configuration.proxy).first { pin(address) }
        if isProxied, let connectTo = plan.connectTo { easy.set(CURLOPT_CONNECT_TO, list: [connectTo]) }
        // A connection that is up already would say nothing of whether another can be made.
        if plan.endsOnceConnected { easy.wantFreshConnection() }
        // A backstop behind the clock, which knows the stages.
        let connecting = plan.request.connectTimeout.nanoseconds + surroundings.configuration.tlsTimeout.nanoseconds
        easy.setConnectTimeout(milliseconds: Int(connecting / 1_000_000) + 2000)
    }

    /// Tells libcurl what it would otherwise look up itself.
    ///
    /// - Parameter isCertain: it is told again even if it knows.
    func pin(_ address: IPAddress, isCertain: Bool = false) {
        let origin = dialledOrigin
        guard case .name(let name) = origin.host else { return }
        if isPinned { multi.unpin(name, port: origin.port) }
        isPinned = true
        let entries = multi.pin(name, port: origin.port, to: address, isCertain: isCertain)
        if !entries.isEmpty { easy.set(CURLOPT_RESOLVE, list: entries) }
    }

    func unpin() {
        guard isPinned, case .name(let name) = dialledOrigin.host else { return }
        isPinned = false
        multi.unpin(name, port: dialledOrigin.port)
    }

    /// What a connection is made to.
    var dialledOrigin: Origin { surroundings.configuration.proxy?.origin ?? plan.request.origin }
}
