extension Hub {
    typealias Waiting = CheckedContinuation<Result<TunnelLease<Session>, TunnelError>, Never>

    /// What is done once the lock is open: it calls out.
    struct Effects {
        var draining: [Session] = []
        var closing: [Session] = []
        private var answers: [(Waiting, Result<TunnelLease<Session>, TunnelError>)] = []
        private var unclaimed: [Session] = []

        mutating func grant(_ grants: [TunnelState<Session>.Grant], from waiting: inout [UInt64: Waiting]) {
            for grant in grants {
                if let continuation = waiting.removeValue(forKey: grant.waiter) {
                    answers.append((continuation, .success(TunnelLease(grant.entry))))
                } else {
                    unclaimed.append(grant.entry.session)
                }
            }
        }

        mutating func fail(_ expired: [TunnelState<Session>.Expiry], from waiting: inout [UInt64: Waiting]) {
            for expiry in expired {
                if let continuation = waiting.removeValue(forKey: expiry.waiter) {
                    answers.append((continuation, .failure(expiry.error)))
                }
            }
        }

        func perform() {
            for session in draining { session.drain() }
            for session in closing { session.close() }
            for session in unclaimed { session.release() }
            for (continuation, answer) in answers { continuation.resume(returning: answer) }
        }
    }
}

extension TunnelLease {
    init(_ entry: TunnelState<Session>.Entry) {
        self.init(session: entry.session, sessionID: entry.id, identity: entry.identity)
    }
}
