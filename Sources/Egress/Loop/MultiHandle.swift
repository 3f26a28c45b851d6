import CCurl
import EgressPolicy
import NIOCore

/// The connections of one isolation key: a libcurl multi handle. Belongs to the loop's thread.
final class MultiHandle {
    let raw: UnsafeMutableRawPointer
    let isolation: EgressIsolation
    let sockets: OpenSockets
    /// What libcurl asks of the loop.
    let watch: (MultiHandle, Transfer?, _ descriptor: Int32, _ events: Int32) -> Void
    let schedule: (MultiHandle, _ milliseconds: Int) -> Void

    /// When libcurl wants to be called although nothing happened; nil for not at all.
    var timer: NIODeadline?
    /// The deadline that the loop has entered for this handle.
    var entered: NIODeadline?
    var transfers = 0
    var lastUse: NIODeadline
    /// Whether the loop has listed it: something may have ended, or libcurl wants to be called at once.
    var isTouched = false
    var isExpired = false
    /// Easy handles without a transfer, the one used last at the end.
    private var idle: [EasyHandle] = []
    /// What libcurl believes of names.
    private var pins = Pins()

    /// Easy handles that are kept. One takes some 8 KiB.
    private static let mostIdle = 64

    /// Nil where there is no memory.
    init?(
        isolation: EgressIsolation, limits: EgressConfiguration.Limits, sockets: OpenSockets, now: NIODeadline,
        watch: @escaping (MultiHandle, Transfer?, Int32, Int32) -> Void, schedule: @escaping (MultiHandle, Int) -> Void
    ) {
        guard let raw = curl_multi_init() else { return nil }
        self.raw = raw
        self.isolation = isolation
        self.sockets = sockets
        self.watch = watch
        self.schedule = schedule
        lastUse = now
        let context = Unmanaged.passUnretained(self).toOpaque()
        penstock_multi_setopt_socket_function(
            raw,
            { easy, descriptor, events, context, _ in
                guard let handle = MultiHandle.from(context) else { return -1 }
                handle.watch(handle, easy.flatMap(Transfer.of), descriptor, events)
                return 0
            }, context)
        penstock_multi_setopt_timer_function(
            raw,
            { _, milliseconds, context in
                guard let handle = MultiHandle.from(context) else { return -1 }
                handle.schedule(handle, milliseconds)
                return 0
            }, context)
        // One transfer at a time on a connection, HTTP/2 too: there, a transfer whose reader has stopped can stop
        // every other on its connection. docs/decisions/0009-egress.md
        penstock_multi_setopt_long(raw, CURLMOPT_PIPELINING, Int(CURLPIPE_NOTHING))
        penstock_multi_setopt_long(raw, CURLMOPT_MAXCONNECTS, limits.connectionsPerHandle)
    }

    /// Closes the connections, after which the handle must not be used. There must be no transfers.
    ///
    /// Not left to `deinit`: libcurl calls back, and an object that is going away cannot be referred to.
    func close() { curl_multi_cleanup(raw) }

    /// A kept easy handle for `origin`; nil where there is none.
    func takeIdle(for origin: Origin) -> EasyHandle? {
        idle.lastIndex { $0.origin == origin }.map { idle.remove(at: $0) }
    }

    func takeAllIdle() -> [EasyHandle] {
        defer { idle = [] }
        return idle
    }

    /// Keeps an easy handle that is whole.
    ///
    /// - Returns: one that has to go for it.
    func keep(_ easy: EasyHandle) -> EasyHandle? {
        idle.append(easy)
        return idle.count > Self.mostIdle ? idle.removeFirst() : nil
    }

    /// What libcurl is to be told of a name, for CURLOPT_RESOLVE, so that it does not look the name up itself; empty
    /// where it believes that already. The name must be unpinned once.
    func pin(_ name: String, port: Int, to address: IPAddress, isCertain: Bool) -> [String] {
        pins.pin(name, port, address, isCertain: isCertain)
    }

    /// A transfer to the name has ended.
    func unpin(_ name: String, port: Int) { pins.release(name, port) }

    private static func from(_ context: UnsafeMutableRawPointer?) -> MultiHandle? {
        context.map { Unmanaged<MultiHandle>.fromOpaque($0).takeUnretainedValue() }
    }

    /// Lets libcurl work on a socket, or on what is due.
    func act(on descriptor: curl_socket_t, events: Int32 = 0) {
        var running: Int32 = 0
        curl_multi_socket_action(raw, descriptor, events, &running)
    }

    /// The next transfer that is over.
    func nextResult() -> (easy: UnsafeMutableRawPointer, code: CURLcode)? {
        var left: Int32 = 0
        while let message = curl_multi_info_read(raw, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            return (easy, penstock_message_result(message))
        }
        return nil
    }
}
