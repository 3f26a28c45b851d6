import CCurl
import Dialling
import EgressPolicy
import Glibc
import NIOCore

/// Everything that the loop's thread owns: handles, transfers, sockets, deadlines.
final class LoopCore {
    enum Due {
        case transfer(ObjectIdentifier)
        case handle(ObjectIdentifier)
        case race(ObjectIdentifier)
    }

    private let loop: EgressLoop
    let configuration: EgressConfiguration
    let poller: Poller
    let sockets = OpenSockets()
    let localAddresses: LocalAddresses
    let silent = SilentAddresses()
    let mail = Mail()
    let follow: (EgressCall, EgressRequest) -> Void

    var handles: [EgressIsolation: MultiHandle] = [:]
    var handlesByID: [ObjectIdentifier: MultiHandle] = [:]
    var easies: [ObjectIdentifier: EasyHandle] = [:]
    var transfers: [Transfer] = []
    var watched = DescriptorTable<MultiHandle>()
    /// Sockets that connect, and the transfers that wait for them.
    var racing: [Int32: Transfer] = [:]
    var deadlines = DeadlineQueue<Due>()
    /// Handles that libcurl wants to work on at once, those in which something may have ended, and transfers that have
    /// something to hand over.
    var expired: [MultiHandle] = []
    var touched: [MultiHandle] = []
    var listed: [Transfer] = []
    var now = NIODeadline.now()
    lazy var surroundings = Transfer.Surroundings(
        configuration: configuration, localAddresses: localAddresses, silent: silent,
        now: { [unowned self] in now }, list: { [unowned self] in listed.append($0) }, mail: mail)

    init(
        _ loop: EgressLoop, _ configuration: EgressConfiguration, _ poller: Poller,
        _ localAddresses: LocalAddresses, follow: @escaping (EgressCall, EgressRequest) -> Void
    ) {
        self.loop = loop
        self.configuration = configuration
        self.poller = poller
        self.localAddresses = localAddresses
        self.follow = follow
        sockets.closing = { [poller] in poller.closes($0) }
    }

    /// The thread's life.
    func run() {
        var inbox = EgressLoop.Inbox()
        while true {
            // In this order: what is asked from here on wakes the thread.
            let mayWait = loop.fallsAsleep(gauges) && expired.isEmpty
            let events = poller.wait(milliseconds: mayWait ? milliseconds(until: deadlines.first) : 0)
            now = .now()
            for index in 0..<events {
                if let event = poller.event(index) { handle(event) }
            }
            let isStopping = loop.take(&inbox)
            for (call, request) in inbox { handle(request, for: call) }
            inbox.removeAll(keepingCapacity: true)
            fire()
            settle()
            mail.send()
            if isStopping { break }
        }
        for transfer in transfers { end(transfer, .overloaded) }
        for handle in Array(handles.values) { evict(handle) }
        mail.send()
        loop.stopped(gauges)
    }

    private var gauges: EgressGauges {
        EgressGauges(connections: sockets.count, transfers: transfers.count, handles: handles.count)
    }

    private func milliseconds(until due: NIODeadline?) -> Int32 {
        guard let due else { return -1 }
        // Rounded up: too early would be for nothing. What this turn took makes it later by as much.
        let left = max((due - now).nanoseconds, 0)
        return Int32(clamping: (left + 999_999) / 1_000_000)
    }

    // MARK: What happens

    private func handle(_ event: Poller.Event) {
        if let transfer = racing[event.descriptor], let race = transfer.race {
            racing[event.descriptor] = nil
            sockets.forget(event.descriptor)
            return follow(race.happened(on: event.descriptor, now: now), for: transfer)
        }
        guard let handle = watched[event.descriptor] else { return poller.forget(event.descriptor) }
        var events: Int32 = 0
        if event.isReadable { events |= CURL_CSELECT_IN }
        if event.isWritable { events |= CURL_CSELECT_OUT }
        if event.isError { events |= CURL_CSELECT_ERR }
        act(handle, on: event.descriptor, events: events)
    }

    func act(_ handle: MultiHandle, on descriptor: curl_socket_t, events: Int32 = 0) {
        handle.act(on: descriptor, events: events)
        touch(handle)
    }

    func touch(_ handle: MultiHandle) {
        guard !handle.isTouched else { return }
        handle.isTouched = true
        touched.append(handle)
    }

    private func handle(_ request: EgressLoop.Request, for call: EgressCall) {
        if case .start(let plan) = request { return start(plan, call) }
        guard let transfer = call.transfer else { return }
        switch request {
        case .start: break
        case .resumeAnswer: transfer.resumeAnswer()
        case .resumeUpload: transfer.resumeUpload()
        case .abandon: return end(transfer, .cancelled)
        }
        touch(transfer.multi)
    }

    /// What is due by now; what becomes due by that waits for the next turn.
    private func fire() {
        let hasty = expired
        expired.removeAll(keepingCapacity: true)
        for handle in hasty {
            handle.isExpired = false
            fire(handle)
        }
        guard let first = deadlines.first, first <= now else { return }
        var due: [Due] = []
        while let key = deadlines.pop(dueBy: now) { due.append(key) }
        for key in due {
            switch key {
            case .handle(let id):
                if let handle = handlesByID[id] { fire(handle) }
            case .race(let id):
                if let transfer = easies[id]?.transfer, let race = transfer.race {
                    follow(race.advance(now: now), for: transfer)
                }
            case .transfer(let id):
                if let transfer = easies[id]?.transfer { check(transfer) }
            }
        }
    }

    private func check(_ transfer: Transfer) {
        guard let kind = transfer.clock.check(now: now) else { return schedule(transfer) }
        noteSilence(of: transfer, kind)
        if kind == .tlsFailed(.timeout), transfer.triesAnotherAddress() {
            runRace(of: transfer)
        } else {
            end(transfer, kind)
        }
    }

    private func fire(_ handle: MultiHandle) {
        if let timer = handle.timer, timer <= now {
            handle.timer = nil
            act(handle, on: CURL_SOCKET_TIMEOUT)
        }
        guard handlesByID[ObjectIdentifier(handle)] != nil else { return }
        if handle.transfers == 0, handle.lastUse + configuration.limits.idle <= now {
            evict(handle)
        } else {
            schedule(handle)
        }
    }

    /// Ends what libcurl is done with, then hands over what has come. Both may bring more.
    private func settle() {
        while !touched.isEmpty || !listed.isEmpty {
            while let handle = touched.popLast() {
                handle.isTouched = false
                while let (easy, code) = handle.nextResult() {
                    if let transfer = Transfer.of(easy) { finish(transfer, code) }
                }
            }
            while let transfer = listed.popLast() {
                guard transfer.call.transfer === transfer else { continue }
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

    private func finish(_ transfer: Transfer, _ code: CURLcode) {
        if transfer.startsAgain() {
            curl_multi_remove_handle(transfer.multi.raw, transfer.easy.raw)
            return run(transfer)
        }
        if transfer.startsRace() { return runRace(of: transfer) }
        transfer.finish(code)
        remove(transfer)
    }

    // MARK: Transfers

    private func start(_ plan: TransferPlan, _ call: EgressCall) {
        guard !call.isCancelled else { return call.end(EgressError(.cancelled), by: mail) }
        guard transfers.count < configuration.limits.transfers,
            let handle = handle(for: plan.request.isolation),
            handle.transfers < configuration.limits.transfersPerHandle,
            let easy = handle.takeIdle(for: plan.request.origin) ?? makeEasy(for: plan.request, handle)
        else { return call.end(EgressError(.overloaded), by: mail) }
        let transfer = Transfer(plan: plan, call: call, easy: easy, multi: handle, surroundings: surroundings)
        transfer.configure()
        handle.transfers += 1
        transfer.index = transfers.count
        transfers.append(transfer)
        call.transfer = transfer
        if easy.hasFailed { return end(transfer, .overloaded) }
        run(transfer)
        schedule(transfer)
    }

    private func makeEasy(for request: EgressRequest, _ handle: MultiHandle) -> EasyHandle? {
        guard let easy = EasyHandle(request.origin) else { return nil }
        easy.configure(configuration, handle.isolation.tls)
        easy.install(sockets: sockets)
        easies[ObjectIdentifier(easy)] = easy
        return easy
    }

    /// Gives the transfer to libcurl, which begins at once.
    func run(_ transfer: Transfer) {
        guard curl_multi_add_handle(transfer.multi.raw, transfer.easy.raw) == CURLM_OK else {
            return end(transfer, .overloaded)
        }
        act(transfer.multi, on: CURL_SOCKET_TIMEOUT)
    }

    /// Enters the transfer's next deadline, unless one as early is entered already for its easy handle.
    func schedule(_ transfer: Transfer) {
        guard let due = transfer.clock.due, transfer.call.transfer === transfer else { return }
        if let entered = transfer.easy.entered, entered > now, entered <= due { return }
        transfer.easy.entered = due
        deadlines.insert(.transfer(ObjectIdentifier(transfer.easy)), due: due)
    }

    /// Ends a transfer that libcurl has not ended.
    func end(_ transfer: Transfer, _ kind: EgressError.Kind) {
        transfer.abort(kind)
        remove(transfer)
    }

    private func remove(_ transfer: Transfer) {
        guard transfer.call.transfer === transfer else { return }
        transfer.call.transfer = nil
        transfers.swapAt(transfer.index, transfers.count - 1)
        transfers[transfer.index].index = transfer.index
        transfers.removeLast()
        for descriptor in transfer.endRace() { discard(descriptor) }
        curl_multi_remove_handle(transfer.multi.raw, transfer.easy.raw)
        transfer.settleSockets()
        transfer.unpin()
        putBack(transfer.easy, of: transfer)
        transfer.multi.transfers -= 1
        transfer.multi.lastUse = now
        schedule(transfer.multi)
        if let next = transfer.next {
            transfer.call.redirects += 1
            if !next.body.isStreamed { transfer.call.closeUpload(by: mail) }
            follow(transfer.call, next)
        }
    }

    /// Keeps an easy handle whose transfer ended well, and at once: libcurl counts over all transfers of a handle how often
    /// it repeated a request whose connection had died, and gives up at the sixth.
    private func putBack(_ easy: EasyHandle, of transfer: Transfer) {
        easy.rest()
        let isWhole = transfer.isFinished && transfer.uses == 1 && !easy.hasFailed
        let leaves = isWhole ? transfer.multi.keep(easy) : easy
        if let leaves { easies[ObjectIdentifier(leaves)] = nil }
    }
}
