import CCurl
import NIOCore

/// The handles of isolation keys, and what libcurl asks of the loop for them.
extension LoopCore {
    func handle(for isolation: EgressIsolation) -> MultiHandle? {
        if let handle = handles[isolation] { return handle }
        if handles.count >= configuration.limits.handles {
            let idle = handles.values.filter { $0.transfers == 0 }.min { $0.lastUse < $1.lastUse }
            guard let idle else { return nil }
            evict(idle)
        }
        let handle = MultiHandle(
            isolation: isolation, limits: configuration.limits, sockets: sockets, now: now,
            watch: { [unowned self] in watch($0, $1, $2, $3) }, schedule: { [unowned self] in setTimer($0, $1) })
        guard let handle else { return nil }
        handles[isolation] = handle
        handlesByID[ObjectIdentifier(handle)] = handle
        schedule(handle)
        return handle
    }

    func evict(_ handle: MultiHandle) {
        handles[handle.isolation] = nil
        handlesByID[ObjectIdentifier(handle)] = nil
        touched.removeAll { $0 === handle }
        expired.removeAll { $0 === handle }
        for easy in handle.takeAllIdle() { easies[ObjectIdentifier(easy)] = nil }
        handle.close()
    }

    private func setTimer(_ handle: MultiHandle, _ milliseconds: Int) {
        handle.timer = milliseconds < 0 ? nil : now + .milliseconds(Int64(milliseconds))
        if milliseconds > 0 {
            schedule(handle)
        } else if milliseconds == 0, !handle.isExpired {
            handle.isExpired = true
            expired.append(handle)
        }
    }

    /// Enters when libcurl wants to be called, or when the handle has been idle for long enough, unless something as
    /// early is entered already.
    func schedule(_ handle: MultiHandle) {
        guard handlesByID[ObjectIdentifier(handle)] != nil else { return }
        var due = handle.transfers == 0 ? handle.lastUse + configuration.limits.idle : nil
        if let timer = handle.timer { due = min(due ?? timer, timer) }
        guard let due else { return }
        if let entered = handle.entered, entered > now, entered <= due { return }
        handle.entered = due
        deadlines.insert(.handle(ObjectIdentifier(handle)), due: due)
    }

    private func watch(_ handle: MultiHandle, _ transfer: Transfer?, _ descriptor: Int32, _ events: Int32) {
        if events == CURL_POLL_REMOVE {
            // It stays registered: most connections are used again.
            watched[descriptor] = nil
        } else {
            watched[descriptor] = handle
            poller.watch(descriptor, events: events, isNew: false)
            if let transfer, events & CURL_POLL_IN != 0 {
                transfer.expectsBytes()
                schedule(transfer)
            }
        }
    }
}
