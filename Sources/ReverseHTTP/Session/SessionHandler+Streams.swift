import CNGHTTP2
import Logging
import NIOCore
import NIOHTTP1

/// What our side says on streams.
extension SessionHandler {
    /// Opens a stream (client role).
    func open(
        _ head: RequestHead, endStream: Bool, delegate: any HTTP2StreamDelegate
    ) throws(StreamError) -> HTTP2Stream {
        guard let session, violation == nil else { throw StreamError(.sessionClosed, sent: false) }
        guard drain.isActive else { throw StreamError(.refused, sent: false) }
        guard streams.count < peerStreamLimit else { throw StreamError(.overloaded, sent: false) }
        encoder.reset()
        encoder.add(":method", head.method)
        encoder.add(":scheme", head.scheme)
        encoder.add(":authority", head.authority)
        encoder.add(":path", head.path)
        encoder.add(head.headers, sensitive: head.sensitive)
        guard encoder.listSize <= configuration.headerListBytes else {
            throw StreamError(.headerListTooLarge, sent: false)
        }
        let stream = HTTP2Stream(id: 0, session: self, eventLoop: eventLoop, window: configuration.streamWindow)
        stream.delegate = delegate
        let pointer = Unmanaged.passUnretained(stream).toOpaque()
        stream.id = encoder.withPairs { pairs, count in
            if endStream { return nghttp2_submit_request(session, nil, pairs, count, nil, pointer) }
            var provider = NGHTTP2.dataProvider
            return nghttp2_submit_request(session, nil, pairs, count, &provider, pointer)
        }
        guard stream.id > 0 else { throw StreamError(.refused, sent: false) }
        stream.localEnded = endStream
        streams[stream.id] = stream
        scheduleFlush()
        return stream
    }

    /// Streams the peer lets us have open at once.
    var peerStreamLimit: Int {
        guard let session else { return 0 }
        let limit = nghttp2_session_get_remote_settings(session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS)
        // Before its SETTINGS come a peer's limit reads as 2^32-1; assume what RFC 9113, 6.5.2 recommends as least.
        return limit > 1 << 24 ? 100 : Int(limit)
    }

    func submitResponse(status: Int, _ fields: FieldBlock, endStream: Bool, on stream: HTTP2Stream) {
        guard let session else { return }
        encoder.reset()
        encoder.add(":status", String(status))
        encoder.add(fields)
        guard encoder.listSize <= configuration.headerListBytes else { return submitReset(.internalError, on: stream) }
        let result = encoder.withPairs { pairs, count in
            if endStream { return nghttp2_submit_response(session, stream.id, pairs, count, nil) }
            var provider = NGHTTP2.dataProvider
            return nghttp2_submit_response(session, stream.id, pairs, count, &provider)
        }
        if result != 0 { submitReset(.internalError, on: stream) }
        scheduleFlush()
    }

    func submitReset(_ code: HTTP2ErrorCode, on stream: HTTP2Stream) {
        guard let session else { return }
        if stream.localReason == nil { stream.localReason = .reset(code, byPeer: false) }
        stream.outbound.removeAll()
        nghttp2_submit_rst_stream(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, code.rawValue)
        scheduleFlush()
    }

    /// nghttp2 may ask for this stream's bytes again.
    func resume(_ stream: HTTP2Stream) {
        guard let session else { return }
        if stream.isDeferred {
            stream.isDeferred = false
            nghttp2_session_resume_data(session, stream.id)
        }
        scheduleFlush()
    }

    /// Fills one DATA frame; the data provider's read callback.
    func read(_ stream: HTTP2Stream, into target: UnsafeMutableRawBufferPointer, flags: inout UInt32) -> Int {
        let count = stream.outbound.read(into: target)
        if stream.outbound.isEmpty, stream.outbound.isFinished {
            flags |= NGHTTP2_DATA_FLAG_EOF.rawValue
            if let trailers = stream.outbound.trailers, let session {
                flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM.rawValue
                encoder.reset()
                encoder.add(trailers)
                let isSent =
                    encoder.listSize <= configuration.headerListBytes
                    && encoder.withPairs { pairs, count in
                        nghttp2_submit_trailer(session, stream.id, pairs, count) == 0
                    }
                guard isSent else {
                    // nghttp2 resets the stream for this result.
                    if stream.localReason == nil { stream.localReason = .reset(.internalError, byPeer: false) }
                    return Int(NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE.rawValue)
                }
            }
            return count
        }
        if stream.wasUnwritable, stream.outbound.bytes <= HTTP2Stream.lowWaterMark {
            stream.wasUnwritable = false
            pendingWakes.append(stream)
        }
        if count == 0 {
            stream.isDeferred = true
            return Int(NGHTTP2_ERR_DEFERRED.rawValue)
        }
        return count
    }

    func consume(_ bytes: Int, on stream: HTTP2Stream) {
        guard let session else { return }
        let credit = stream.flow.consumed(bytes, at: nextProgress())
        guard credit > 0 else { return }
        unconsumed -= credit
        nghttp2_session_consume_stream(session, stream.id, credit)
        if let window = stream.flow.grow(), !stream.remoteEnded {
            nghttp2_session_set_local_window_size(session, 0, stream.id, Int32(window))
        }
        returnConnectionCredit()
        if nghttp2_session_want_write(session) != 0 { scheduleFlush() }
    }

    /// Returns the connection's credit once a thirty-second of its window may go back. nghttp2 itself would wait for
    /// half the window, which streams that stand still can keep from ever becoming free.
    func returnConnectionCredit() {
        guard let session else { return }
        let credit = Int(nghttp2_session_get_effective_recv_data_length(session)) - unconsumed
        guard credit >= configuration.connectionWindow / 32 else { return }
        nghttp2_submit_window_update(session, UInt8(NGHTTP2_FLAG_NONE.rawValue), 0, Int32(credit))
        scheduleFlush()
    }

    /// Forgets a stream, returns its unread credit to the connection, and tells its delegate.
    func close(_ stream: HTTP2Stream, reason: StreamCloseReason) {
        guard !stream.isClosed else { return }
        stream.isClosed = true
        unconsumed -= stream.flow.consumed(.max, at: 0)
        streams.removeValue(forKey: stream.id)
        returnConnectionCredit()
        stream.outbound.removeAll()
        let delegate = stream.delegate
        stream.delegate = nil
        gauge.streamEnded()
        delegate?.streamClosed(stream, reason: reason)
        // Let the frames of this turn leave first.
        if !drain.isActive, streams.isEmpty {
            eventLoop.assumeIsolated().execute { self.checkDrain() }
        }
    }

    /// When streams whose readers stand still hold three quarters of the connection's credit, resets the one that
    /// has stood longest, so that the others move.
    func relieve() {
        guard unconsumed > configuration.connectionWindow / 4 * 3 else { return }
        let stalled = streams.values.filter { $0.flow.unconsumed > 0 && $0.localReason == nil }.min {
            $0.flow.progress < $1.flow.progress
        }
        guard let stalled else { return }
        logger.notice("stalled stream reset: its reader held the session's credit")
        submitReset(.enhanceYourCalm, on: stalled)
        unconsumed -= stalled.flow.consumed(.max, at: 0)
    }
}
