import CCurl
import Dialling
import EgressPolicy
import NIOCore
import NIOHTTP1

/// One request on its way through libcurl. Belongs to the loop's thread; ``Transfer/install()`` makes it the context of
/// libcurl's callbacks, which all come on that thread.
final class Transfer {
    let plan: TransferPlan
    let call: EgressCall
    let easy: EasyHandle
    let multi: MultiHandle
    let surroundings: Surroundings

    var parser: ResponseHeadParser
    var clock: TransferClock

    private(set) var head: ResponseHead?
    private(set) var isDelivered = false
    /// Bytes of the body that the loop has not handed over yet.
    private var pending = ByteBuffer()
    /// Bytes that were waiting for the reader when the loop last looked.
    private var waiting = 0
    private var received = 0
    private var isAnswerPaused = false

    private var isUploadPaused = false
    /// The piece of the request's body being sent; all of it where it is whole.
    private var piece = ByteBuffer()
    private var uploaded = 0
    private var isUploadDone = true

    /// Why this side gave the transfer up.
    private(set) var refusal: EgressError.Kind?
    /// A socket that was not opened; the others may still connect.
    var socketRefusal: Refusal?
    /// libcurl has asked for a socket that was not there.
    var wantsConnection = false
    /// The race for a connection, while it runs: libcurl does not know of the transfer then.
    var race: ConnectRace?
    /// What came of it, until libcurl takes it.
    var raced: (descriptor: Int32, address: IPAddress)?
    /// The addresses with which connections were made that this transfer waited for, the present one last.
    var dialled: [IPAddress] = []
    var dialTime = TimeAmount.zero
    var remoteAddress = ""
    /// Sockets that libcurl got for this transfer, and the connection it uses.
    var opened: [Int32] = []
    var connection: OpenSockets.Connection?
    /// Whether the connection that was about to be used had ended while it was idle.
    var isConnectionSpent = false
    /// The connection that was asked for is up, and no request is to follow.
    var isConnected = false
    /// Times that a connection was about to be used, and what had been sent on it and before it then.
    var uses = 0
    var sizeBeforeUse = 0
    var wasSent = false
    private var isListed = false
    /// Whether the name is pinned for this transfer.
    var isPinned = false
    /// Where the loop has it among those under way.
    var index = 0
    /// The request that takes this one's place: the answer leads there.
    private(set) var next: EgressRequest?
    /// libcurl has ended it, and all is well.
    private(set) var isFinished = false

    /// What a transfer needs of the loop.
    final class Surroundings {
        let configuration: EgressConfiguration
        let localAddresses: LocalAddresses
        let silent: SilentAddresses
        /// The time at which the loop last woke.
        let now: () -> NIODeadline
        /// Lists the transfer for ``Transfer/flush()``.
        let list: (Transfer) -> Void
        let mail: Mail

        init(
            configuration: EgressConfiguration, localAddresses: LocalAddresses, silent: SilentAddresses,
            now: @escaping () -> NIODeadline, list: @escaping (Transfer) -> Void, mail: Mail = Mail()
        ) {
            self.configuration = configuration
            self.localAddresses = localAddresses
            self.silent = silent
            self.now = now
            self.list = list
            self.mail = mail
        }
    }

    init(
        plan: TransferPlan, call: EgressCall, easy: EasyHandle, multi: MultiHandle, surroundings: Surroundings
    ) {
        self.plan = plan
        self.call = call
        self.easy = easy
        self.multi = multi
        self.surroundings = surroundings
        let (request, configuration) = (plan.request, surroundings.configuration)
        parser = ResponseHeadParser(
            method: request.method, fields: configuration.limits.headerFields, bytes: configuration.limits.headerBytes)
        clock = TransferClock(
            limits: TransferClock.Limits(
                total: request.deadline, totalEndsAtHead: request.deadlineEndsAtHead,
                connect: request.connectTimeout, tls: configuration.tlsTimeout, firstByte: request.firstByteTimeout,
                idle: request.idleTimeout, rate: configuration.minimumRate),
            start: surroundings.now())
        switch request.body {
        case .none: break
        case .whole(let bytes): piece = bytes
        case .streamed, .pushed: isUploadDone = false
        }
    }

    var isProxied: Bool { surroundings.configuration.proxy != nil }
    var now: NIODeadline { surroundings.now() }
    var requestSize: Int { easy.long(CURLINFO_REQUEST_SIZE) }

    /// Whether bytes of the request may have reached the API.
    var isSent: Bool { wasSent || uses > 0 && requestSize > sizeBeforeUse }

    /// libcurl waits for bytes. Before the request that says that TCP is up: it connects by waiting to write.
    func expectsBytes() { clock.tcpConnected(now: now) }

    private func list() {
        guard !isListed else { return }
        isListed = true
        surroundings.list(self)
    }

    /// Gives the transfer up from within a callback, which then tells libcurl to stop. The first reason counts.
    func refuse(_ kind: EgressError.Kind) {
        refusal = refusal ?? kind
        forbidReuse()
    }

    /// The connection ends with the transfer: what is left on it would be read as the next answer (S11).
    func forbidReuse() { easy.forbidReuse() }

    // MARK: The answer

    /// Takes a line of the head or a trailer; false ends the transfer.
    func takeHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        guard refusal == nil else { return false }
        switch parser.take(line) {
        case .more: return true
        case .refused(let kind):
            refuse(kind)
            return false
        case .head(let head):
            if let most = plan.request.responseBytes, let length = head.contentLength, length > most {
                refuse(.responseTooLarge)
                return false
            }
            if head.mayTrail { forbidReuse() }
            self.head = head
            if plan.request.followRedirects, head.status / 100 == 3, call.redirects < Redirect.most {
                next = plan.request.following(status: head.status, head.headers)
            }
            clock.headArrived(now: now)
            list()
            return true
        }
    }

    enum Taken {
        case all, pause, stop
    }

    func takeBody(_ bytes: UnsafeRawBufferPointer) -> Taken {
        guard refusal == nil, head != nil else { return .stop }
        list()
        guard pending.readableBytes + waiting < surroundings.configuration.limits.bufferedBytes else {
            isAnswerPaused = true
            clock.pause()
            return .pause
        }
        received += bytes.count
        if let most = plan.request.responseBytes, received > most {
            refuse(.responseTooLarge)
            return .stop
        }
        pending.writeBytes(bytes)
        clock.bodyArrived(bytes.count, now: now)
        return .all
    }

    /// Hands over what has come since the last time. Called once for each turn of the loop, so that a small answer which
    /// came at once is complete by then, and goes over whole.
    /// - Returns: false where there is nothing to wait for: the answer is whole although libcurl still waits for the rest of
    ///   the request, or leads elsewhere.
    func flush() -> Bool {
        isListed = false
        guard let head, refusal == nil else { return true }
        if next != nil { return false }
        if !isDelivered { deliver(head, .streamed) }
        handOver()
        if isAnswerPaused, !call.pauseConnection() { resumeAnswer() }
        guard !isUploadDone else { return true }
        if head.status >= 400, isUploadPaused {
            // libcurl has stopped sending, but does not end while the body is paused.
            isUploadPaused = false
            applyPause()
        }
        return head.hasBody && received != head.contentLength
    }

    private func handOver() {
        guard pending.readableBytes > 0 else { return }
        waiting = call.append(pending, by: surroundings.mail)
        pending = ByteBuffer()
    }

    private func deliver(_ head: ResponseHead?, _ body: EgressAnswer.Body) {
        isDelivered = true
        let looked = easy.off(CURLINFO_NAMELOOKUP_TIME_T)
        let (connected, secured) = (easy.off(CURLINFO_CONNECT_TIME_T), easy.off(CURLINFO_APPCONNECT_TIME_T))
        let isReused = easy.long(CURLINFO_NUM_CONNECTS) == 0
        var timings = EgressTimings()
        timings.dns = plan.dns
        if !isReused {
            timings.connect = max(connected - looked, 0) + dialTime.nanoseconds / 1000
            timings.tls = max(secured - connected, 0)
        }
        timings.firstByte = max(
            easy.off(CURLINFO_STARTTRANSFER_TIME_T) - easy.off(CURLINFO_PRETRANSFER_TIME_T), 0)
        let answer = EgressAnswer(
            status: head?.status ?? 0, httpVersion: head?.version ?? .http1_1, headers: head?.headers ?? [:],
            body: body, remoteAddress: remoteAddress, isReused: isReused, timings: timings,
            certificateExpiry: isReused ? nil : easy.certificateExpiry)
        if case .whole = body {
            call.complete(answer, by: surroundings.mail)
        } else {
            call.deliver(answer, by: surroundings.mail)
        }
    }

    /// The reader has taken what waited.
    func resumeAnswer() {
        guard isAnswerPaused else { return }
        isAnswerPaused = false
        waiting = 0
        clock.resume(now: now)
        applyPause()
    }

    /// Tells libcurl which directions are paused. It may call back at once with what it held.
    private func applyPause() {
        let directions = (isAnswerPaused ? CURLPAUSE_RECV : 0) | (isUploadPaused ? CURLPAUSE_SEND : 0)
        let code = curl_easy_pause(easy.raw, directions)
        if code != CURLE_OK { refuse(refusal ?? fault(code)) }
        list()
    }

    // MARK: The request's body

    enum Given {
        case bytes(Int), pause, stop
    }

    func giveBody(_ room: UnsafeMutableRawBufferPointer) -> Given {
        while piece.readableBytes == 0 {
            guard plan.request.body.isStreamed, !isUploadDone else { return .bytes(0) }
            let length = plan.request.body.length
            switch call.takeUpload(by: surroundings.mail) {
            case .bytes(let bytes): piece = bytes
            case .ended:
                isUploadDone = true
                guard length == nil || uploaded == length else {
                    refuse(.requestMalformed)
                    return .stop
                }
            case .starved:
                isUploadPaused = true
                clock.starve()
                return .pause
            }
        }
        let count = min(room.count, piece.readableBytes)
        piece.readWithUnsafeReadableBytes { bytes in
            room.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<count]))
            return count
        }
        uploaded += count
        if let length = plan.request.body.length {
            guard uploaded <= length else {
                refuse(.requestMalformed)
                return .stop
            }
            if uploaded == length { isUploadDone = true }
        }
        clock.sent(now: now)
        return .bytes(count)
    }

    /// Goes back to the beginning, for a request that is sent again. What was streamed is gone.
    func rewindBody() -> Bool {
        switch plan.request.body {
        case .none: break
        case .whole(let bytes): piece = bytes
        case .streamed, .pushed: return uploaded == 0
        }
        uploaded = 0
        return true
    }

    func resumeUpload() {
        guard isUploadPaused else { return }
        isUploadPaused = false
        clock.sent(now: now)
        applyPause()
    }

    // MARK: The end

    /// libcurl is done.
    func finish(_ code: CURLcode) {
        if isConnected, refusal == nil {
            // libcurl was told to stop before the request.
            deliver(nil, .whole(nil))
        } else if code == CURLE_OK, refusal == nil, let head {
            isFinished = true
            if next != nil { return }
            if isDelivered {
                handOver()
                call.end(nil, by: surroundings.mail)
            } else {
                deliver(head, .whole(pending.readableBytes > 0 ? pending : nil))
            }
        } else {
            abort(refusal ?? fault(code))
        }
    }

    /// Nothing is waited for any more, but libcurl still has some of the request to send or of the answer to bring.
    func finishEarly() {
        forbidReuse()
        if next == nil { call.end(nil, by: surroundings.mail) }
    }

    /// Ends a transfer that libcurl has not ended.
    func abort(_ kind: EgressError.Kind) {
        forbidReuse()
        next = nil
        if isDelivered { handOver() }
        // A handshake that fails for want of a certificate ends before anyone reads what came behind it.
        let isUnread = kind == .tlsFailed(.clientCertificateWanted)
        var error = EgressError(kind, sent: isSent && !isUnread)
        if kind == .protocolError { error.unknownStatus = parser.unknownStatus }
        call.end(error, by: surroundings.mail)
    }

    private func fault(_ code: CURLcode) -> EgressError.Kind {
        if code == CURLE_COULDNT_CONNECT, let socketRefusal { return .notAllowed(socketRefusal) }
        return TransferFault(
            code: code, systemError: Int32(truncatingIfNeeded: easy.long(CURLINFO_OS_ERRNO)),
            verifyResult: easy.long(CURLINFO_SSL_VERIFYRESULT), sslError: easy.sslError,
            connectStatus: easy.long(CURLINFO_HTTP_CONNECTCODE), hasHead: head != nil
        ).kind
    }
}

extension Host {
    /// The name; nil for a literal.
    var named: String? {
        if case .name(let name) = self { name } else { nil }
    }

    /// The address of a literal; nil for a name.
    var literal: IPAddress? {
        if case .address(let address) = self { address } else { nil }
    }
}
