import CCurl
import EgressPolicy
import Glibc
import NIOCore

/// One libcurl easy handle with what it points to, for the requests of one isolation key to one origin, one after another:
/// what these have in common is set once. Remembers whether any option failed, which only lack of memory and a libcurl
/// without the feature do.
final class EasyHandle {
    /// What libcurl calls a request by the body it has.
    enum Kind {
        case get, head, upload
    }

    let raw: UnsafeMutableRawPointer
    let origin: Origin
    private(set) var hasFailed = false
    /// The transfer that it carries now.
    var transfer: Transfer?
    /// The deadline of its transfers that the loop has entered.
    var entered: NIODeadline?

    private var lists: [(option: CURLoption, list: UnsafeMutablePointer<curl_slist>)] = []
    private var lines = LineList()
    private let errorText: UnsafeMutablePointer<CChar>
    private let url: OpaquePointer
    private var kind = Kind.get
    private var method = ""
    private var connectMilliseconds = 0
    private var isReuseForbidden = false
    private var isConnectionFresh = false

    /// Nil where there is no memory.
    init?(_ origin: Origin) {
        guard let raw = curl_easy_init() else { return nil }
        guard let url = curl_url() else {
            curl_easy_cleanup(raw)
            return nil
        }
        self.raw = raw
        self.url = url
        self.origin = origin
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        set(CURLOPT_ERRORBUFFER, pointer: errorText)
        // Both: the second saves libcurl from reading the first again for each request.
        set(CURLOPT_URL, origin.url)
        if curl_url_set(url, CURLUPART_URL, origin.url, UInt32(CURLU_PATH_AS_IS)) != CURLUE_OK { hasFailed = true }
        set(CURLOPT_CURLU, pointer: UnsafeMutableRawPointer(url))
        set(CURLOPT_PROTOCOLS_STR, origin.scheme.rawValue)
    }

    deinit {
        curl_easy_cleanup(raw)
        curl_url_cleanup(url)
        for (_, list) in lists { curl_slist_free_all(list) }
        errorText.deallocate()
    }

    // MARK: What differs from request to request

    func setMethod(_ method: String, _ kind: Kind, length: Int) {
        if kind != self.kind {
            self.kind = kind
            switch kind {
            case .get: set(CURLOPT_HTTPGET, true)
            case .head:
                // What an upload has set has to go first.
                set(CURLOPT_HTTPGET, true)
                set(CURLOPT_NOBODY, true)
            case .upload: set(CURLOPT_UPLOAD, true)
            }
        }
        if kind == .upload { set(CURLOPT_INFILESIZE_LARGE, bytes: length) }
        if method != self.method {
            self.method = method
            set(CURLOPT_CUSTOMREQUEST, method)
        }
    }

    func setFields(_ fields: RequestFields) {
        check(penstock_setopt_list(raw, CURLOPT_HTTPHEADER, lines.fill(fields)))
    }

    func setConnectTimeout(milliseconds: Int) {
        guard milliseconds != connectMilliseconds else { return }
        connectMilliseconds = milliseconds
        set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds)
    }

    /// The connection ends with the transfer.
    func forbidReuse() {
        isReuseForbidden = true
        set(CURLOPT_FORBID_REUSE, true)
    }

    func allowReuse() {
        guard isReuseForbidden else { return }
        isReuseForbidden = false
        set(CURLOPT_FORBID_REUSE, false)
    }

    /// The next connection is a new one.
    func wantFreshConnection() {
        isConnectionFresh = true
        set(CURLOPT_FRESH_CONNECT, true)
    }

    /// The handle is kept for another transfer.
    func rest() {
        transfer = nil
        allowReuse()
        guard isConnectionFresh else { return }
        isConnectionFresh = false
        set(CURLOPT_FRESH_CONNECT, false)
    }

    // MARK: Options and what came of a transfer

    private func check(_ code: CURLcode) {
        if code != CURLE_OK { hasFailed = true }
    }

    func set(_ option: CURLoption, _ value: Int) { check(penstock_setopt_long(raw, option, value)) }
    func set(_ option: CURLoption, _ value: Bool) { set(option, value ? 1 : 0) }
    func set(_ option: CURLoption, bytes value: Int) { check(penstock_setopt_off(raw, option, curl_off_t(value))) }
    func set(_ option: CURLoption, _ value: String?) { check(penstock_setopt_string(raw, option, value)) }
    func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer?) {
        check(penstock_setopt_pointer(raw, option, pointer))
    }

    func set(_ option: CURLoption, blob: [UInt8]) {
        blob.withUnsafeBytes { check(penstock_setopt_blob(raw, option, $0.baseAddress, $0.count)) }
    }

    /// The list lives until the option is set again.
    func set(_ option: CURLoption, list lines: [String]) {
        var list: UnsafeMutablePointer<curl_slist>?
        for line in lines {
            guard let longer = curl_slist_append(list, line) else {
                hasFailed = true
                break
            }
            list = longer
        }
        guard let list else { return }
        check(penstock_setopt_list(raw, option, list))
        if let index = lists.firstIndex(where: { $0.option == option }) {
            curl_slist_free_all(lists[index].list)
            lists[index].list = list
        } else {
            lists.append((option, list))
        }
    }

    func set(
        _ option: CURLoption,
        _ function:
            @convention(c) (
                UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?
            ) -> Int
    ) {
        check(penstock_setopt_bytes_function(raw, option, function))
    }

    func setSeek(_ function: curl_seek_callback) { check(penstock_setopt_seek_function(raw, function)) }
    func setOpenSocket(_ function: curl_opensocket_callback) {
        check(penstock_setopt_opensocket_function(raw, function))
    }
    func setSocketOptions(_ function: curl_sockopt_callback) {
        check(penstock_setopt_sockopt_function(raw, function))
    }
    func setCloseSocket(_ function: curl_closesocket_callback) {
        check(penstock_setopt_closesocket_function(raw, function))
    }
    func setPreRequest(_ function: curl_prereq_callback) { check(penstock_setopt_prereq_function(raw, function)) }

    func long(_ info: CURLINFO) -> Int {
        var value = 0
        return penstock_getinfo_long(raw, info, &value) == CURLE_OK ? value : 0
    }

    func off(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        return penstock_getinfo_off(raw, info, &value) == CURLE_OK ? Int64(value) : 0
    }

    /// When the other end's certificate expires, in seconds since 1970; nil where there was no handshake.
    var certificateExpiry: Int64? {
        var certificates: UnsafeMutablePointer<curl_certinfo>?
        guard penstock_getinfo_certificates(raw, &certificates) == CURLE_OK, let certificates,
            certificates.pointee.num_of_certs > 0
        else { return nil }
        var next = certificates.pointee.certinfo?[0]
        let label = "Expire date:"
        while let entry = next {
            next = entry.pointee.next
            guard let text = entry.pointee.data, strncmp(text, label, label.utf8.count) == 0 else { continue }
            return CertificateTime.seconds(String(cString: text + label.utf8.count))
        }
        return nil
    }

    /// The OpenSSL error that libcurl's text begins or ends with, as `error:0A000086:…` in hexadecimal; nil for none.
    var sslError: UInt32? {
        guard let start = strstr(errorText, "error:") else { return nil }
        let value = strtoul(start + 6, nil, 16)
        return value == 0 ? nil : UInt32(truncatingIfNeeded: value)
    }
}

/// Lines as libcurl takes them, in memory that is used again: a list whose nodes and text lie in a row.
struct LineList: ~Copyable {
    private var nodes: UnsafeMutableBufferPointer<curl_slist> = .init(start: nil, count: 0)
    private var text: UnsafeMutableRawBufferPointer = .init(start: nil, count: 0)

    deinit {
        nodes.deallocate()
        text.deallocate()
    }

    /// - Returns: the list, which stands until the next call; nil for no lines.
    mutating func fill(_ fields: RequestFields) -> UnsafeMutablePointer<curl_slist>? {
        if fields.count > nodes.count {
            nodes.deallocate()
            nodes = .allocate(capacity: max(fields.count, 16))
        }
        if fields.bytes.count > text.count {
            text.deallocate()
            text = .allocate(byteCount: max(fields.bytes.count, 1024), alignment: 1)
        }
        guard let first = nodes.baseAddress, let start = text.bindMemory(to: CChar.self).baseAddress else { return nil }
        text.copyBytes(from: fields.bytes)
        var line = start
        for index in 0..<fields.count {
            (first + index).initialize(
                to: curl_slist(data: line, next: index + 1 < fields.count ? first + index + 1 : nil))
            line += strlen(line) + 1
        }
        return fields.count > 0 ? first : nil
    }
}
