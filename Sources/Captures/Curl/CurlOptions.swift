/// Which options of curl there are, as far as reading past them needs.
enum CurlOptions {
    /// The long names of short options.
    static let short: [Character: String] = [
        "X": "request", "H": "header", "d": "data", "F": "form", "u": "user", "b": "cookie", "G": "get", "I": "head",
        "A": "user-agent", "e": "referer", "k": "insecure", "L": "location", "x": "proxy", "o": "output",
        "T": "upload-file", "c": "cookie-jar", "m": "max-time", "w": "write-out", "r": "range", "D": "dump-header",
        "K": "config", "E": "cert", "U": "proxy-user", "Y": "speed-limit", "y": "speed-time", "z": "time-cond",
        "C": "continue-at", "t": "telnet-option", "Q": "quote", "P": "ftp-port", ":": "next",
    ]

    /// Those that are followed by a value.
    static let withValue: Set<String> = [
        "request", "header", "data", "data-raw", "data-binary", "data-ascii", "data-urlencode", "json", "form",
        "form-string", "user", "cookie", "user-agent", "referer", "url", "url-query", "proxy", "output", "upload-file",
        "cookie-jar", "max-time", "connect-timeout", "write-out", "range", "dump-header", "config", "cert", "key",
        "cacert", "capath", "cert-type", "key-type", "pass", "ciphers", "tls13-ciphers", "tls-max", "proxy-user",
        "proxy-header", "noproxy", "preproxy", "socks4", "socks4a", "socks5", "socks5-hostname", "oauth2-bearer",
        "aws-sigv4", "retry", "retry-delay", "retry-max-time", "resolve", "connect-to", "interface", "local-port",
        "limit-rate", "max-redirs", "max-filesize", "speed-limit", "speed-time", "time-cond", "continue-at",
        "telnet-option", "quote", "ftp-port", "unix-socket", "abstract-unix-socket", "dns-servers", "doh-url",
        "stderr", "trace", "trace-ascii", "proto", "proto-default", "proto-redir", "request-target", "keepalive-time",
        "expect100-timeout", "output-dir", "netrc-file", "pinnedpubkey", "crlfile", "variable", "expand-data",
        "expand-header", "expand-url", "engine", "happy-eyeballs-timeout-ms", "rate", "parallel-max",
        "create-file-mode",
        "hsts", "alt-svc", "egd-file", "random-file", "login-options", "service-name", "libcurl", "etag-save",
        "etag-compare", "dns-interface", "dns-ipv4-addr", "dns-ipv6-addr", "curves", "delegation", "krb",
    ]

    /// Those without one that change nothing of a call, or nothing that a definition could say.
    static let withoutMeaning: Set<String> = [
        "location", "location-trusted", "compressed", "silent", "show-error", "include", "verbose", "fail",
        "fail-with-body", "fail-early", "globoff", "remote-name", "remote-name-all", "remote-header-name",
        "remote-time", "no-buffer", "netrc", "netrc-optional", "append", "http0.9", "http1.0", "http1.1", "http2",
        "http2-prior-knowledge", "http3", "http3-only", "tlsv1", "tlsv1.0", "tlsv1.1", "tlsv1.2", "tlsv1.3", "sslv2",
        "sslv3", "ipv4", "ipv6", "progress-bar", "no-progress-meter", "parallel", "path-as-is", "raw", "tr-encoding",
        "no-keepalive", "no-sessionid", "post301", "post302", "post303", "basic", "anyauth", "ssl", "ssl-reqd",
        "tcp-nodelay", "tcp-fastopen", "junk-session-cookies", "create-dirs", "disable", "manual", "version", "help",
        "styled-output", "no-styled-output", "list-only", "proxytunnel", "proxy-insecure", "retry-connrefused",
        "retry-all-errors", "suppress-connect-headers", "trace-time", "trace-ids", "disallow-username-in-url",
        "ca-native", "use-ascii",
    ]
    static let shortWithoutMeaning = Set("sSivfgOJRNnaBM01234 6#Zlpqhj")
}
