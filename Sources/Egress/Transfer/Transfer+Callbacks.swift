import CCurl
import EgressPolicy
import Glibc

/// libcurl's callbacks. All of them come on the loop's thread, from within a call of ours.
extension EasyHandle {
    /// Makes the handle the context of its callbacks, which go to the transfer that it carries. Once.
    ///
    /// - Parameter sockets: outlives the handle.
    func install(sockets: OpenSockets) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        set(CURLOPT_PRIVATE, pointer: context)
        set(CURLOPT_HEADERDATA, pointer: context)
        set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            guard let transfer = EasyHandle.transfer(context) else { return 0 }
            let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
            return transfer.takeHeader(line) ? line.count : 0
        }
        set(CURLOPT_WRITEDATA, pointer: context)
        set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            guard let transfer = EasyHandle.transfer(context) else { return 0 }
            let body = UnsafeRawBufferPointer(start: bytes, count: size * count)
            switch transfer.takeBody(body) {
            case .all: return body.count
            case .pause: return Int(CURL_WRITEFUNC_PAUSE)
            // Any number but that of the bytes is an error; none of them at all is one too.
            case .stop: return body.isEmpty ? 1 : 0
            }
        }
        set(CURLOPT_READDATA, pointer: context)
        set(CURLOPT_READFUNCTION) { bytes, size, count, context in
            guard let transfer = EasyHandle.transfer(context) else { return Int(CURL_READFUNC_ABORT) }
            switch transfer.giveBody(UnsafeMutableRawBufferPointer(start: bytes, count: size * count)) {
            case .bytes(let count): return count
            case .pause: return Int(CURL_READFUNC_PAUSE)
            case .stop: return Int(CURL_READFUNC_ABORT)
            }
        }
        set(CURLOPT_SEEKDATA, pointer: context)
        setSeek { context, offset, origin in
            guard offset == 0, origin == SEEK_SET, EasyHandle.transfer(context)?.rewindBody() == true else {
                return CURL_SEEKFUNC_FAIL
            }
            return CURL_SEEKFUNC_OK
        }
        set(CURLOPT_PREREQDATA, pointer: context)
        setPreRequest { context, remote, _, remotePort, localPort in
            guard let transfer = EasyHandle.transfer(context), let remote,
                transfer.mayUse(
                    OpenSockets.Connection(
                        remoteAddress: String(cString: remote), remotePort: Int(remotePort), localPort: Int(localPort)))
            else {
                return CURL_PREREQFUNC_ABORT
            }
            return CURL_PREREQFUNC_OK
        }
        set(CURLOPT_OPENSOCKETDATA, pointer: context)
        setOpenSocket { context, _, address in
            guard let transfer = EasyHandle.transfer(context), let address else { return CURL_SOCKET_BAD }
            return transfer.openSocket(address)
        }
        setSocketOptions { _, _, _ in Int32(CURL_SOCKOPT_ALREADY_CONNECTED) }
        // A connection outlives its transfer, so the loop's sockets are the context here.
        set(CURLOPT_CLOSESOCKETDATA, pointer: Unmanaged.passUnretained(sockets).toOpaque())
        setCloseSocket { context, descriptor in
            if let context { Unmanaged<OpenSockets>.fromOpaque(context).takeUnretainedValue().closed(descriptor) }
            return close(descriptor)
        }
    }

    private static func transfer(_ context: UnsafeMutableRawPointer?) -> Transfer? {
        context.flatMap { Unmanaged<EasyHandle>.fromOpaque($0)._withUnsafeGuaranteedRef { $0.transfer } }
    }
}

extension Transfer {
    /// The transfer that a handle carries.
    static func of(_ easy: UnsafeMutableRawPointer) -> Transfer? {
        var context: UnsafePointer<CChar>?
        penstock_getinfo_string(easy, CURLINFO_PRIVATE, &context)
        guard let context else { return nil }
        return Unmanaged<EasyHandle>.fromOpaque(UnsafeRawPointer(context)).takeUnretainedValue().transfer
    }

    /// libcurl has no connection that it could use, and gets one that is up.
    fileprivate func openSocket(_ address: UnsafeMutablePointer<curl_sockaddr>) -> curl_socket_t {
        guard let offset = MemoryLayout<curl_sockaddr>.offset(of: \.addr) else { return CURL_SOCKET_BAD }
        let count = Int(address.pointee.addrlen)
        guard
            let (ip, port) = SocketAddressBytes.parse(UnsafeRawPointer(address) + offset, count: count),
            mayOpen(ip.unmapped, port: port)
        else { return CURL_SOCKET_BAD }
        return takeSocket(to: ip.unmapped) ?? CURL_SOCKET_BAD
    }
}
