import CNGHTTP2

/// The C side of a session: its making, and the callbacks that carry nghttp2's events to the handler.
enum NGHTTP2 {
    /// Sends whatever the stream's queue holds.
    static let dataProvider = nghttp2_data_provider(
        source: nghttp2_data_source(),
        read_callback: { session, id, target, length, flags, _, userData in
            guard let handler = NGHTTP2.handler(userData), let target, let flags,
                let stream = NGHTTP2.stream(session, id)
            else { return Int(NGHTTP2_ERR_CALLBACK_FAILURE.rawValue) }
            let room = UnsafeMutableRawBufferPointer(start: target, count: length)
            return handler.read(stream, into: room, flags: &flags.pointee)
        })

    /// A session whose callbacks go to `handler`, which must outlive it.
    static func makeSession(_ handler: SessionHandler, isServer: Bool) -> OpaquePointer? {
        var options: OpaquePointer?
        var callbacks: OpaquePointer?
        guard nghttp2_option_new(&options) == 0, nghttp2_session_callbacks_new(&callbacks) == 0 else { return nil }
        defer {
            nghttp2_option_del(options)
            nghttp2_session_callbacks_del(callbacks)
        }
        nghttp2_option_set_no_auto_window_update(options, 1)
        nghttp2_option_set_no_closed_streams(options, 1)
        nghttp2_option_set_max_settings(options, 32)
        nghttp2_option_set_max_outbound_ack(options, 1000)
        // Our own budget for resets serves both roles; nghttp2's would answer first, and only for servers.
        nghttp2_option_set_stream_reset_rate_limit(options, 1 << 20, 1 << 20)
        // As much as we let a peer send: what a response head may hold is bounded elsewhere.
        nghttp2_option_set_max_send_header_block_length(options, 1 << 20)
        install(callbacks)
        var session: OpaquePointer?
        let userData = Unmanaged.passUnretained(handler).toOpaque()
        let result =
            isServer
            ? nghttp2_session_server_new2(&session, callbacks, userData, options)
            : nghttp2_session_client_new2(&session, callbacks, userData, options)
        return result == 0 ? session : nil
    }

    private static func install(_ callbacks: OpaquePointer?) {
        nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks) { session, frame, userData in
            guard let handler = NGHTTP2.handler(userData), let frame else { return 0 }
            return handler.began(frame.pointee)
        }
        nghttp2_session_callbacks_set_on_header_callback(callbacks) {
            session, frame, name, nameCount, value, valueCount, _, userData in
            guard let handler = NGHTTP2.handler(userData), let frame, let name,
                let stream = NGHTTP2.stream(session, frame.pointee.hd.stream_id)
            else { return 0 }
            return handler.received(
                name: UnsafeBufferPointer(start: name, count: nameCount),
                value: UnsafeBufferPointer(start: value, count: valueCount), on: stream)
        }
        nghttp2_session_callbacks_set_on_begin_frame_callback(callbacks) { _, header, userData in
            guard let handler = NGHTTP2.handler(userData), let header else { return 0 }
            return handler.began(header.pointee)
        }
        nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks) { session, frame, userData in
            guard let handler = NGHTTP2.handler(userData), let frame else { return 0 }
            return handler.received(frame.pointee, on: NGHTTP2.stream(session, frame.pointee.hd.stream_id))
        }
        nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks) {
            session, _, id, bytes, count, userData in
            guard let handler = NGHTTP2.handler(userData), let bytes else { return 0 }
            return handler.received(UnsafeRawBufferPointer(start: bytes, count: count), on: NGHTTP2.stream(session, id))
        }
        nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks) { _, _, _, userData in
            NGHTTP2.handler(userData)?.spend(.streamError) ?? 0
        }
        nghttp2_session_callbacks_set_error_callback2(callbacks) { _, _, message, count, userData in
            guard let handler = NGHTTP2.handler(userData), let message else { return 0 }
            let bytes = UnsafeBufferPointer(start: message, count: count).map { UInt8(bitPattern: $0) }
            handler.noted(String(decoding: bytes, as: UTF8.self))
            return 0
        }
        nghttp2_session_callbacks_set_on_frame_send_callback(callbacks) { session, frame, userData in
            guard let handler = NGHTTP2.handler(userData), let frame else { return 0 }
            handler.sent(frame.pointee, on: NGHTTP2.stream(session, frame.pointee.hd.stream_id))
            return 0
        }
        nghttp2_session_callbacks_set_on_stream_close_callback(callbacks) { session, id, code, userData in
            guard let handler = NGHTTP2.handler(userData), let stream = NGHTTP2.stream(session, id) else { return 0 }
            handler.closed(stream, code: HTTP2ErrorCode(rawValue: code))
            return 0
        }
    }

    private static func handler(_ userData: UnsafeMutableRawPointer?) -> SessionHandler? {
        userData.map { Unmanaged<SessionHandler>.fromOpaque($0).takeUnretainedValue() }
    }

    private static func stream(_ session: OpaquePointer?, _ id: Int32) -> HTTP2Stream? {
        guard id > 0, let pointer = nghttp2_session_get_stream_user_data(session, id) else { return nil }
        return Unmanaged<HTTP2Stream>.fromOpaque(pointer).takeUnretainedValue()
    }

    /// The code that a GOAWAY carries for a fatal error of the library.
    static func errorCode(_ error: Int32) -> HTTP2ErrorCode {
        switch nghttp2_error(error) {
        case NGHTTP2_ERR_FLOODED: .enhanceYourCalm
        case NGHTTP2_ERR_HEADER_COMP: .compressionError
        case NGHTTP2_ERR_FLOW_CONTROL: .flowControlError
        case NGHTTP2_ERR_FRAME_SIZE_ERROR: .frameSizeError
        case NGHTTP2_ERR_REFUSED_STREAM: .refusedStream
        case NGHTTP2_ERR_CANCEL: .cancel
        case NGHTTP2_ERR_NOMEM, NGHTTP2_ERR_INTERNAL: .internalError
        default:
            // "Too many CONTINUATIONs" has no name in the header of older releases, only in patched ones.
            error == tooManyContinuations ? .enhanceYourCalm : .protocolError
        }
    }

    /// `NGHTTP2_ERR_TOO_MANY_CONTINUATIONS` (CVE-2024-28182).
    private static let tooManyContinuations: Int32 = -538
}
