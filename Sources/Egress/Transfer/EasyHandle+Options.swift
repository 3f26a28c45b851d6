import CCurl
import EgressPolicy
import NIOCore

extension EasyHandle {
    /// Sets what all requests of the handle have in common. Once.
    ///
    /// - Parameter tls: of the requests' isolation key.
    func configure(_ configuration: EgressConfiguration, _ tls: EgressTLS) {
        let isTLS = origin.scheme == .https
        set(CURLOPT_PATH_AS_IS, true)
        // Without ALPN there is no HTTP/2, so that a plain connection never is one.
        set(CURLOPT_HTTP_VERSION, isTLS ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1)
        configureRoute(configuration)
        if isTLS { configureTLS(configuration, tls) }

        set(CURLOPT_NOSIGNAL, true)
        set(CURLOPT_FOLLOWLOCATION, false)
        set(CURLOPT_HTTP09_ALLOWED, false)
        // nil, not the empty text: that would ask for every coding libcurl knows.
        set(CURLOPT_ACCEPT_ENCODING, nil as String?)
        set(CURLOPT_HTTP_CONTENT_DECODING, false)
        set(CURLOPT_TCP_KEEPALIVE, true)
        set(CURLOPT_MAXAGE_CONN, configuration.limits.idle.wholeSeconds)
    }

    private func configureRoute(_ configuration: EgressConfiguration) {
        set(CURLOPT_DNS_CACHE_TIMEOUT, 60)
        // Both, so that no variable of the environment says otherwise.
        set(CURLOPT_NOPROXY, "")
        guard let proxy = configuration.proxy else {
            set(CURLOPT_PROXY, "")
            return
        }
        set(CURLOPT_PROXY, "\(proxy.origin.scheme.rawValue)://\(proxy.origin.host):\(proxy.origin.port)")
        set(CURLOPT_HTTPPROXYTUNNEL, true)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, true)
        // The API's fields, credentials among them, are not for the proxy.
        set(CURLOPT_HEADEROPT, Int(CURLHEADER_SEPARATE))
        if let user = proxy.user {
            set(CURLOPT_PROXYUSERNAME, user)
            set(CURLOPT_PROXYPASSWORD, proxy.password ?? "")
        }
        if let caFile = configuration.caFile {
            set(CURLOPT_PROXY_CAPATH, nil as String?)
            set(CURLOPT_PROXY_CAINFO, caFile)
        }
    }

    private func configureTLS(_ configuration: EgressConfiguration, _ tls: EgressTLS) {
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_SSL_ENABLE_ALPN, true)
        set(CURLOPT_CERTINFO, true)
        // A session that is resumed shows no certificates: each connection is verified anew.
        set(CURLOPT_SSL_SESSIONID_CACHE, false)
        set(CURLOPT_SSL_VERIFYPEER, tls.verify)
        set(CURLOPT_SSL_VERIFYHOST, tls.verify ? 2 : 0)
        if let caPEM = tls.caPEM {
            set(CURLOPT_CAPATH, nil as String?)
            set(CURLOPT_CAINFO_BLOB, blob: caPEM)
        } else if let caFile = configuration.caFile {
            set(CURLOPT_CAPATH, nil as String?)
            set(CURLOPT_CAINFO, caFile)
        }
        if let crlFile = configuration.crlFile { set(CURLOPT_CRLFILE, crlFile) }
        if let certificate = tls.clientCertificatePEM {
            set(CURLOPT_SSLCERTTYPE, "PEM")
            set(CURLOPT_SSLCERT_BLOB, blob: certificate)
        }
        if let key = tls.clientKeyPEM {
            set(CURLOPT_SSLKEYTYPE, "PEM")
            set(CURLOPT_SSLKEY_BLOB, blob: key)
        }
    }
}

extension TimeAmount {
    /// At least one.
    fileprivate var wholeSeconds: Int { max(Int(nanoseconds / 1_000_000_000), 1) }
}
