import CNGHTTP2
import Logging
import NIOCore
import NIOHTTP1

/// What the peer says. Called by nghttp2 from inside a read; a result other than 0 ends the read with an error.
extension SessionHandler {
    private static let failure = NGHTTP2_ERR_CALLBACK_FAILURE.rawValue

    /// Takes a token from the peer's budget; over budget the session ends with ENHANCE_YOUR_CALM.
    func spend(_ kind: AbuseBudget.Kind) -> Int32 {
        guard !budget.spend(kind, now: configuration.now()) else { return 0 }
        violation = .enhanceYourCalm
        return Self.failure
    }

    /// nghttp2 says what it found wrong.
    func noted(_ message: String) {
        logger.debug("tunnel session", metadata: ["note": "\(message)"])
    }

    /// A frame's header came.
    func began(_ header: nghttp2_frame_hd) -> Int32 {
        switch UInt32(header.type) {
        case NGHTTP2_RST_STREAM.rawValue: return isOrdinaryReset(of: header.stream_id) ? 0 : spend(.reset)
        case NGHTTP2_PING.rawValue where header.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0: return spend(.ping)
        case NGHTTP2_SETTINGS.rawValue: return spend(.settings)
        case NGHTTP2_DATA.rawValue where header.length == 0, NGHTTP2_HEADERS.rawValue where header.length == 0:
            let ends = header.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
            return ends ? 0 : spend(.emptyData)
        case NGHTTP2_DATA.rawValue, NGHTTP2_HEADERS.rawValue, NGHTTP2_WINDOW_UPDATE.rawValue,
            NGHTTP2_CONTINUATION.rawValue, NGHTTP2_GOAWAY.rawValue, NGHTTP2_PING.rawValue:
            return 0
        default:
            return spend(.other)
        }
    }

    /// Whether a reset only says how a call went. A server resets each of our calls at most once, because of what the
    /// origin behind it did. A client may leave a call that has begun to be answered, or has taken long. What remains
    /// is charged: rapid resets, which make us work for nothing, and resets of streams that do not exist.
    private func isOrdinaryReset(of id: Int32) -> Bool {
        guard let stream = streams[id] else { return false }
        return !isServer || stream.hasResponded || configuration.now() - stream.opened >= Self.rapid
    }

    private static let rapid = TimeAmount.seconds(1)

    /// A HEADERS frame begins.
    func began(_ frame: nghttp2_frame) -> Int32 {
        let id = frame.hd.stream_id
        if let stream = streams[id] {
            stream.incoming.startSection()
            return 0
        }
        guard isServer, frame.headers.cat == NGHTTP2_HCAT_REQUEST else { return 0 }
        let stream = HTTP2Stream(id: id, session: self, eventLoop: eventLoop, window: configuration.streamWindow)
        stream.opened = configuration.now()
        streams[id] = stream
        lastPeerStream = max(lastPeerStream, id)
        nghttp2_session_set_stream_user_data(session, id, Unmanaged.passUnretained(stream).toOpaque())
        gauge.streamOpened()
        return 0
    }

    func received(
        name: UnsafeBufferPointer<UInt8>, value: UnsafeBufferPointer<UInt8>, on stream: HTTP2Stream
    ) -> Int32 {
        guard stream.incoming.add(name: name, value: value, limit: configuration.headerListBytes) else {
            // The limit was advertised: who goes over it is no honest peer (an HPACK bomb, RFC 7541, section 7.3).
            violation = .enhanceYourCalm
            return Self.failure
        }
        return 0
    }

    func received(_ bytes: UnsafeRawBufferPointer, on stream: HTTP2Stream?) -> Int32 {
        guard let stream, stream.localReason == nil, let delegate = stream.delegate else {
            // Nobody will read them: their credit goes back with the connection's.
            return 0
        }
        stream.flow.received(bytes.count, at: nextProgress())
        unconsumed += bytes.count
        let slice = reading.withUnsafeReadableBytes { all -> ByteBuffer? in
            guard let base = all.baseAddress, let start = bytes.baseAddress, start >= base,
                start + bytes.count <= base + all.count
            else { return nil }
            return reading.getSlice(at: reading.readerIndex + (start - base), length: bytes.count)
        }
        delegate.stream(stream, receivedData: slice ?? ByteBuffer(bytes: bytes))
        relieve()
        return 0
    }

    func received(_ frame: nghttp2_frame, on stream: HTTP2Stream?) -> Int32 {
        switch UInt32(frame.hd.type) {
        case NGHTTP2_HEADERS.rawValue:
            if let stream { return receivedHead(on: stream, endStream: ends(frame)) }
        case NGHTTP2_DATA.rawValue:
            if let stream, ends(frame) { receivedEnd(on: stream, trailers: nil) }
        case NGHTTP2_PING.rawValue where frame.hd.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) != 0:
            let opaque = frame.ping.opaque_data
            let number = withUnsafeBytes(of: opaque) { UInt64(bigEndian: $0.loadUnaligned(as: UInt64.self)) }
            keepalive.answered(number, now: configuration.now())
            if let roundTrip = keepalive.roundTrip { gauge.measured(roundTrip: roundTrip) }
        case NGHTTP2_SETTINGS.rawValue where frame.hd.flags & UInt8(NGHTTP2_FLAG_ACK.rawValue) == 0:
            gauge.publish(peerStreamLimit: peerStreamLimit)
        case NGHTTP2_GOAWAY.rawValue:
            let code = HTTP2ErrorCode(rawValue: frame.goaway.error_code)
            note(endReason: code == .noError ? "the peer left" : "the peer ended the session: \(code)")
            if code != .noError { logger.warning("tunnel peer ended the session", metadata: ["code": "\(code)"]) }
            gauge.stopAccepting()
            gauge.peerLeaves()
            // The peer knows how long its calls may take, and closes.
            if !isServer { startDrain(grace: Drain.patience) }
        default:
            break
        }
        return 0
    }

    private func ends(_ frame: nghttp2_frame) -> Bool {
        frame.hd.flags & UInt8(NGHTTP2_FLAG_END_STREAM.rawValue) != 0
    }

    private func receivedHead(on stream: HTTP2Stream, endStream: Bool) -> Int32 {
        let incoming = stream.incoming
        guard !incoming.isComplete else {
            if endStream { receivedEnd(on: stream, trailers: incoming.headers) }
            return 0
        }
        switch role {
        case .server(let handle):
            stream.incoming.isComplete = true
            let head = RequestHead(
                method: incoming.method, scheme: incoming.scheme, authority: incoming.authority, path: incoming.path,
                headers: incoming.headers)
            stream.delegate = handle(stream, head, endStream)
        case .client:
            switch incoming.status {
            case 200..<600: break
            // Interim: not the answer yet, and never its end (RFC 9110, section 15.2).
            case 100..<200 where incoming.status != 101 && !endStream: return 0
            // No status, or one that HTTP/2 does not have (RFC 9113, section 8.6).
            default:
                stream.localReason = stream.localReason ?? .malformed
                submitReset(.protocolError, on: stream)
                return spend(.streamError)
            }
            stream.incoming.isComplete = true
            if stream.deadlineEndsAtHead { stream.deadline = nil }
            stream.delegate?.stream(
                stream, receivedHead: ResponseHead(status: incoming.status, headers: incoming.headers))
        }
        if endStream { receivedEnd(on: stream, trailers: nil) }
        return 0
    }

    private func receivedEnd(on stream: HTTP2Stream, trailers: HTTPHeaders?) {
        guard !stream.remoteEnded else { return }
        stream.remoteEnded = true
        // What we have broken off does not end well any more.
        guard isServer || stream.localReason == nil else { return }
        stream.delegate?.stream(stream, receivedEnd: trailers)
    }

    /// A frame of ours has left nghttp2.
    func sent(_ frame: nghttp2_frame, on stream: HTTP2Stream?) {
        if UInt32(frame.hd.type) == NGHTTP2_GOAWAY.rawValue,
            frame.goaway.error_code != HTTP2ErrorCode.noError.rawValue
        {
            // nghttp2 itself ends the session for what the peer did; it reads nothing more.
            endsAfterFlush = true
            goneAway = true
            gauge.stopAccepting()
            return
        }
        if UInt32(frame.hd.type) == NGHTTP2_RST_STREAM.rawValue, stream?.localReason == nil {
            // nghttp2 resets a stream for what the peer did on it: so can a peer make us work (MadeYouReset).
            stream?.localReason = .malformed
            if spend(.streamError) != 0 {
                eventLoop.assumeIsolated().execute { self.terminate(.enhanceYourCalm) }
            }
            return
        }
        guard let stream, ends(frame), isServer, !stream.remoteEnded, !stream.isClosed else { return }
        // A server that has answered whole tells the client to stop sending (RFC 9113, section 8.1).
        stream.localReason = .finished
        nghttp2_submit_rst_stream(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), stream.id, HTTP2ErrorCode.noError.rawValue)
    }

    /// nghttp2 forgets a stream.
    func closed(_ stream: HTTP2Stream, code: HTTP2ErrorCode) {
        nghttp2_session_set_stream_user_data(session, stream.id, nil)
        let reason: StreamCloseReason =
            if let local = stream.localReason {
                local
            } else if code == .noError, stream.remoteEnded {
                .finished
            } else if code == .refusedStream {
                .refused
            } else {
                .reset(code, byPeer: true)
            }
        close(stream, reason: reason)
    }
}
