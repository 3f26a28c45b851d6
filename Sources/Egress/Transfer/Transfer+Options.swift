import CCurl
import EgressPolicy
import NIOCore

extension Transfer {
    /// Sets what libcurl is to do.
    func configure() {
        let request = plan.request
        let isTLS = request.origin.scheme == .https
        easy.set(CURLOPT_URL, plan.url)
        easy.set(CURLOPT_PROTOCOLS_STR, request.origin.scheme.rawValue)
        easy.set(CURLOPT_PATH_AS_IS, true)
        easy.set(CURLOPT_REQUEST_TARGET, request.target)
        easy.set(CURLOPT_HTTPHEADER, list: plan.fields.lines)
        // Without ALPN there is no HTTP/2, so that a plain connection never is one.
        easy.set(CURLOPT_HTTP_VERSION, isTLS ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)
        configureMethod()
        configureRoute()
        if isTLS { configureTLS() }

        easy.set(CURLOPT_NOSIGNAL, true)
        easy.set(CURLOPT_FOLLOWLOCATION, false)
        easy.set(CURLOPT_HTTP09_ALLOWED, false)
        // nil, not the empty text: that would ask for every coding libcurl knows.
        easy.set(CURLOPT_ACCEPT_ENCODING, nil as String?)
        easy.set(CURLOPT_HTTP_CONTENT_DECODING, false)
        easy.set(CURLOPT_TCP_KEEPALIVE, true)
        easy.set(CURLOPT_MAXAGE_CONN, surroundings.configuration.limits.idle.wholeSeconds)
        // A connection that is up already would say nothing of whether another can be made.
        if plan.endsOnceConnected { easy.set(CURLOPT_FRESH_CONNECT, true) }
        // A backstop behind the clock, which knows the stages.
        let connecting = request.connectTimeout.nanoseconds + surroundings.configuration.tlsTimeout.nanoseconds
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, Int(connecting / 1_000_000) + 2000)
    }

    private func configureMethod() {
        let request = plan.request
        switch request.body {
        case .none:
            if request.method == "HEAD" { easy.set(CURLOPT_NOBODY, true) } else { easy.set(CURLOPT_HTTPGET, true) }
        case .whole(let bytes):
            easy.set(CURLOPT_UPLOAD, true)
            easy.set(CURLOPT_INFILESIZE_LARGE, bytes: bytes.readableBytes)
        case .streamed(let length, _):
            easy.set(CURLOPT_UPLOAD, true)
            easy.set(CURLOPT_INFILESIZE_LARGE, bytes: length ?? -1)
        }
        easy.set(CURLOPT_CUSTOMREQUEST, request.method)
    }

    private func configureRoute() {
        let configuration = surroundings.configuration
        // One will do for libcurl to ask for a socket; the race takes all of them.
        pin(Array(plan.targets(proxy: configuration.proxy).prefix(1)))
        easy.set(CURLOPT_DNS_CACHE_TIMEOUT, 60)
        // Both, so that no variable of the environment says otherwise.
        easy.set(CURLOPT_NOPROXY, "")
        guard let proxy = configuration.proxy else {
            easy.set(CURLOPT_PROXY, "")
            return
        }
        easy.set(CURLOPT_PROXY, "\(proxy.origin.scheme.rawValue)://\(proxy.origin.host):\(proxy.origin.port)")
        easy.set(CURLOPT_HTTPPROXYTUNNEL, true)
        easy.set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)
        // The API's fields, credentials among them, are not for the proxy.
        easy.set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        if let user = proxy.user {
            easy.set(CURLOPT_PROXYUSERNAME, user)
            easy.set(CURLOPT_PROXYPASSWORD, proxy.password ?? "")
        }
        if let caFile = configuration.caFile {
            easy.set(CURLOPT_PROXY_CAPATH, nil as String?)
            easy.set(CURLOPT_PROXY_CAINFO, caFile)
        }
        if let connectTo = plan.connectTo { easy.set(CURLOPT_CONNECT_TO, list: [connectTo]) }
    }

    /// What libcurl would otherwise look up itself. The plus lets the entry go out of date, so that a busy handle does not
    /// gather names.
    func pin(_ addresses: [IPAddress]) {
        let origin = surroundings.configuration.proxy?.origin ?? plan.request.origin
        guard case .name(let name) = origin.host else { return }
        let list = addresses.map { Host.address($0).description }.joined(separator: ",")
        easy.set(CURLOPT_RESOLVE, list: ["+\(name):\(origin.port):\(list)"])
    }

    private func configureTLS() {
        let (configuration, tls) = (surroundings.configuration, plan.request.isolation.tls)
        easy.set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        easy.set(CURLOPT_SSL_ENABLE_ALPN, true)
        easy.set(CURLOPT_CERTINFO, true)
        easy.set(CURLOPT_SSL_VERIFYPEER, tls.verify)
        easy.set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2 : 0)
        if let caPEM = tls.caPEM {
            easy.set(CURLOPT_CAPATH, nil as String?)
            easy.set(CURLOPT_CAINFO_BLOB, blob: caPEM)
        } else if let caFile = configuration.caFile {
            easy.set(CURLOPT_CAPATH, nil as String?)
            easy.set(CURLOPT_CAINFO, caFile)
        }
        if let crlFile = configuration.crlFile { easy.set(CURLOPT_CRLFILE, crlFile) }
        if let certificate = tls.clientCertificatePEM {
            easy.set(CURLOPT_SSLCERTTYPE, "PEM")
            easy.set(CURLOPT_SSLCERT_BLOB, blob: certificate)
        }
        if let key = tls.clientKeyPEM {
            easy.set(CURLOPT_SSLKEYTYPE, "PEM")
            easy.set(CURLOPT_SSLKEY_BLOB, blob: key)
        }
    }
}

extension TimeAmount {
    /// At least one.
    fileprivate var wholeSeconds: Int { max(Int(nanoseconds / 1_000_000_000), 1) }
}
