import CCurl
import Dialling
import EgressPolicy
import Glibc
import NIOCore

/// Everything that the loop's thread owns: handles, transfers, sockets, deadlines.
final class LoopCore {
    private enum Due {
        case transfer(ObjectIdentifier)
        case handle(ObjectIdentifier)
        case race(ObjectIdentifier)
    }

    private let loop: EgressLoop
    private let configuration: EgressConfiguration
    private let poller: Poller
    private let sockets = OpenSockets()
    private let localAddresses: LocalAddresses
    private let silent = SilentAddresses()

    private var handles: [EgressIsolation: MultiHandle] = [:]
    private var handlesByID: [ObjectIdentifier: MultiHandle] = [:]
    private var transfers: [ObjectIdentifier: Transfer] = [:]
    private var watched: [Int32: MultiHandle] = [:]
    /// Sockets that connect, and the transfers that wait for them.
    private var racing: [Int32: Transfer] = [:]
    private var deadlines = DeadlineQueue<Due>()
    /// Handles in which something may have ended, and transfers that have something to hand over.
    private var touched: [MultiHandle] = []
    private var listed: [Transfer] = []
    private var now = NIODeadline.now()

    init(
        _ loop: EgressLoop, _ configuration: EgressConfiguration, _ poller: Poller,
        _ localAddresses: LocalAddresses
    ) {
        self.loop = loop
        self.configuration = configuration
        self.poller = poller
        self.localAddresses = localAddresses
    }

    /// The thread's life.
    func run() {
        while true {
            let events = poller.wait(milliseconds: milliseconds(until: deadlines.first))
            now = .now()
            for event in events { handle(event) }
            let (requests, isStopping) = loop.takeInbox()
            for (exchange, request) in requests { handle(request, for: exchange) }
            fire()
            settle()
            loop.publish(gauges)
            if isStopping { break }
        }
        for transfer in Array(transfers.values) { end(transfer, .overloaded) }
        for handle in Array(handles.values) { evict(handle) }
        loop.stopped(gauges)
    }

    private var gauges: EgressGauges {
        EgressGauges(connections: sockets.count, transfers: transfers.count, handles: handles.count)
    }

    private func milliseconds(until due: NIODeadline?) -> Int32 {
        guard let due else { return -1 }
        // Rounded up: too early would be for nothing.
        let left = max((due - .now()).nanoseconds, 0)
        return Int32(clamping: (left + 999_999) / 1_000_000)
    }

    // MARK: What happens

    private func handle(_ event: Poller.Event) {
        if let transfer = racing[event.descriptor], let race = transfer.race {
            forget(racing: event.descriptor)
            sockets.closed(event.descriptor)
            return follow(race.happened(on: event.descriptor, now: now), for: transfer)
        }
        guard let handle = watched[event.descriptor] else { return }
        var events: Int32 = 0
        if event.isReadable { events |= CURL_CSELECT_IN }
        if event.isWritable { events |= CURL_CSELECT_OUT }
        if event.isError { events |= CURL_CSELECT_ERR }
        act(handle, on: event.descriptor, events: events)
    }

    private func act(_ handle: MultiHandle, on descriptor: curl_socket_t, events: Int32 = 0) {
        handle.act(on: descriptor, events: events)
        touched.append(handle)
    }

    private func handle(_ request: EgressLoop.Request, for exchange: Exchange) {
        if case .start(let plan) = request { return start(plan, exchange) }
        guard let transfer = transfers[ObjectIdentifier(exchange)] else { return }
        switch request {
        case .start: break
        case .resumeAnswer: transfer.resumeAnswer()
        case .resumeUpload: transfer.resumeUpload()
        case .abandon: end(transfer, .cancelled)
        }
        touched.append(transfer.multi)
    }

    /// What is due by now; what becomes due by that waits for the next turn.
    private func fire() {
        var due: [Due] = []
        while let key = deadlines.pop(dueBy: now) { due.append(key) }
        for key in due {
            switch key {
            case .handle(let id):
                if let handle = handlesByID[id] { fire(handle) }
            case .race(let id):
                if let transfer = transfers[id], let race = transfer.race {
                    follow(race.advance(now: now), for: transfer)
                }
            case .transfer(let id):
                guard let transfer = transfers[id] else { continue }
                if let kind = transfer.clock.check(now: now) {
                    noteSilence(of: transfer, kind)
                    if kind == .tlsFailed(.timeout), transfer.triesAnotherAddress() {
                        runRace(of: transfer)
                    } else {
                        end(transfer, kind)
                    }
                } else {
                    schedule(transfer)
                }
            }
        }
    }

    private func fire(_ handle: MultiHandle) {
        if let timer = handle.timer, timer <= now {
            handle.timer = nil
            act(handle, on: CURL_SOCKET_TIMEOUT)
        }
        if handle.transfers == 0, handle.lastUse + configuration.limits.idle <= now {
            evict(handle)
        } else {
            schedule(handle)
        }
    }

    /// Ends what libcurl is done with, then hands over what has come. Both may bring more.
    private func settle() {
        while !touched.isEmpty || !listed.isEmpty {
            for handle in touched {
                while let (easy, code) = handle.nextResult() {
                    guard let transfer = Transfer.of(easy) else { continue }
                    if transfer.startsAgain(), startAgain(transfer) { continue }
                    if transfer.startsRace() {
                        runRace(of: transfer)
                        continue
                    }
                    transfer.finish(code)
                    remove(transfer)
                }
            }
            touched.removeAll(keepingCapacity: true)
            let handOvers = listed
            listed.removeAll(keepingCapacity: true)
            for transfer in handOvers where transfers[ObjectIdentifier(transfer.exchange)] != nil {
                let isExpectingMore = transfer.flush()
                if let refusal = transfer.refusal {
                    end(transfer, refusal)
                } else if !isExpectingMore {
                    transfer.finishEarly()
                    remove(transfer)
                } else {
                    schedule(transfer)
                }
            }
        }
    }

    // MARK: Transfers

    private func start(_ plan: TransferPlan, _ exchange: Exchange) {
        guard !exchange.isAbandoned else { return exchange.end(EgressError(.cancelled)) }
        guard transfers.count < configuration.limits.transfers,
            let handle = handle(for: plan.request.isolation),
            handle.transfers < configuration.limits.transfersPerHandle,
            let easy = EasyHandle()
        else { return exchange.end(EgressError(.overloaded)) }
        let transfer = Transfer(
            plan: plan, exchange: exchange, easy: easy, multi: handle,
            surroundings: Transfer.Surroundings(
                configuration: configuration, localAddresses: localAddresses, silent: silent,
                now: { [unowned self] in now },
                list: { [unowned self] in listed.append($0) }))
        transfer.configure()
        transfer.install()
        guard !easy.hasFailed, curl_multi_add_handle(handle.raw, easy.raw) == CURLM_OK else {
            return exchange.end(EgressError(.overloaded))
        }
        handle.transfers += 1
        transfers[ObjectIdentifier(exchange)] = transfer
        schedule(transfer)
    }

    /// False where libcurl does not take it again.
    private func startAgain(_ transfer: Transfer) -> Bool {
        curl_multi_remove_handle(transfer.multi.raw, transfer.easy.raw)
        return curl_multi_add_handle(transfer.multi.raw, transfer.easy.raw) == CURLM_OK
    }

    /// Enters the transfer's next deadline, unless one as early is entered already.
    private func schedule(_ transfer: Transfer) {
        guard let due = transfer.clock.due else {
            transfer.entered = nil
            return
        }
        if let entered = transfer.entered, entered > now, entered <= due { return }
        transfer.entered = due
        deadlines.insert(.transfer(ObjectIdentifier(transfer.exchange)), due: due)
    }

    /// Ends a transfer that libcurl has not ended.
    private func end(_ transfer: Transfer, _ kind: EgressError.Kind) {
        transfer.abort(kind)
        remove(transfer)
    }

    private func remove(_ transfer: Transfer) {
        guard transfers.removeValue(forKey: ObjectIdentifier(transfer.exchange)) != nil else { return }
        for descriptor in transfer.endRace() { discard(descriptor) }
        curl_multi_remove_handle(transfer.multi.raw, transfer.easy.raw)
        transfer.settleSockets()
        transfer.multi.transfers -= 1
        transfer.multi.lastUse = now
        schedule(transfer.multi)
    }

    // MARK: Races

    /// Takes the transfer away from libcurl while its addresses race.
    private func runRace(of transfer: Transfer) {
        curl_multi_remove_handle(transfer.multi.raw, transfer.easy.raw)
        transfer.settleSockets()
        if let race = transfer.race { follow(race.advance(now: now), for: transfer) }
        schedule(transfer)
    }

    private func follow(_ step: ConnectRace.Step, for transfer: Transfer) {
        switch step {
        case .running:
            guard let race = transfer.race else { return }
            for (descriptor, _) in race.running where racing[descriptor] == nil {
                racing[descriptor] = transfer
                sockets.opened(descriptor, by: ObjectIdentifier(transfer), now: now)
                poller.watch(descriptor, events: CURL_POLL_OUT, isNew: true)
            }
            if let due = race.due { deadlines.insert(.race(ObjectIdentifier(transfer.exchange)), due: due) }
        case .won(let descriptor, let address):
            for loser in transfer.won(descriptor, address) { discard(loser) }
            guard curl_multi_add_handle(transfer.multi.raw, transfer.easy.raw) == CURLM_OK else {
                return end(transfer, .overloaded)
            }
        case .lost(let error):
            end(transfer, transfer.raceFault(error))
        }
    }

    /// A socket of a race that libcurl has not been given.
    private func discard(_ descriptor: Int32) {
        forget(racing: descriptor)
        sockets.closed(descriptor)
        close(descriptor)
    }

    private func forget(racing descriptor: Int32) {
        if racing.removeValue(forKey: descriptor) != nil { poller.forget(descriptor) }
    }

    /// Remembers an address that let a transfer wait in vain.
    private func noteSilence(of transfer: Transfer, _ kind: EgressError.Kind) {
        transfer.race?.timedOut(now: now)
        if kind == .tlsFailed(.timeout), let address = transfer.dialled.last {
            silent.insert(address, port: transfer.dialledPort, now: now)
        }
    }

    // MARK: Handles

    private func handle(for isolation: EgressIsolation) -> MultiHandle? {
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

    private func evict(_ handle: MultiHandle) {
        handles[handle.isolation] = nil
        handlesByID[ObjectIdentifier(handle)] = nil
        touched.removeAll { $0 === handle }
        handle.close()
    }

    private func setTimer(_ handle: MultiHandle, _ milliseconds: Int) {
        handle.timer = milliseconds < 0 ? nil : now + .milliseconds(Int64(milliseconds))
        schedule(handle)
    }

    /// Enters when libcurl wants to be called, or when the handle has been idle for long enough, unless something as
    /// early is entered already.
    private func schedule(_ handle: MultiHandle) {
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
            if watched.removeValue(forKey: descriptor) != nil { poller.forget(descriptor) }
        } else {
            poller.watch(descriptor, events: events, isNew: watched.updateValue(handle, forKey: descriptor) == nil)
            if let transfer, events & CURL_POLL_IN != 0 {
                transfer.expectsBytes()
                schedule(transfer)
            }
        }
    }
}
