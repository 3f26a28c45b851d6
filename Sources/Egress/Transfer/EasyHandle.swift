import CCurl
import Glibc

/// One libcurl easy handle with what it points to. Remembers whether any option failed, which only lack of memory and a
/// libcurl without the feature do.
final class EasyHandle {
    let raw: UnsafeMutableRawPointer
    private(set) var hasFailed = false
    private var lists: [UnsafeMutablePointer<curl_slist>] = []
    private let errorText: UnsafeMutablePointer<CChar>

    /// Nil where there is no memory.
    init?() {
        guard let raw = curl_easy_init() else { return nil }
        self.raw = raw
        errorText = .allocate(capacity: Int(CURL_ERROR_SIZE))
        errorText.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        set(CURLOPT_ERRORBUFFER, pointer: errorText)
    }

    deinit {
        curl_easy_cleanup(raw)
        for list in lists { curl_slist_free_all(list) }
        errorText.deallocate()
    }

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

    /// The list lives as long as the handle.
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
        lists.append(list)
        check(penstock_setopt_list(raw, option, list))
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
