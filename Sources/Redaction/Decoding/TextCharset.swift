package import NIOCore

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Reads text in the charsets that servers use, with the C library's `iconv`.
///
/// Only charsets on a list are handed to it: an answer names its own, and some of the converters behind other names are
/// slow, stateful or have had faults. What cannot be read becomes U+FFFD. The cost is linear.
package enum TextCharset {
    /// The text in UTF-8 and without a byte order mark; nil where it stays as it is.
    ///
    /// - Parameters:
    ///   - declared: the `charset` parameter of the content type. A byte order mark outweighs it.
    ///   - isJSON: JSON is UTF-8 whatever its content type says (RFC 8259, section 8.1), unless it is not valid UTF-8.
    package static func utf8(_ bytes: ByteBuffer, declared: String?, isJSON: Bool = false) -> ByteBuffer? {
        let view = bytes.readableBytesView
        for mark in marks where view.starts(with: mark.bytes) {
            guard let name = mark.name else { return bytes.getSlice(at: bytes.readerIndex + 3, length: view.count - 3) }
            return convert(view.dropFirst(mark.bytes.count), name)
        }
        guard let label = (declared ?? written(in: view))?.lowercased(), let name = names[label] else {
            return isJSON ? wide(view).flatMap { convert(view, $0) } : nil
        }
        if isJSON, !label.hasPrefix("utf-16"), !label.hasPrefix("utf-32"), isUTF8(view) { return nil }
        return convert(view, name)
    }

    private static let marks: [(bytes: [UInt8], name: String?)] = [
        ([0xEF, 0xBB, 0xBF], nil), ([0xFF, 0xFE, 0, 0], "UTF-32LE"), ([0, 0, 0xFE, 0xFF], "UTF-32BE"),
        ([0xFF, 0xFE], "UTF-16LE"), ([0xFE, 0xFF], "UTF-16BE"),
    ]

    /// The charset of JSON in wide characters: its first two characters are ASCII (RFC 4627, section 3).
    private static func wide(_ view: ByteBufferView) -> String? {
        switch Array(view.prefix(4)).map({ $0 == 0 }) {
        case [true, true, true, false]: "UTF-32BE"
        case [false, true, true, true]: "UTF-32LE"
        case [true, false, true, false], [true, false]: "UTF-16BE"
        case [false, true, false, true], [false, true]: "UTF-16LE"
        default: nil
        }
    }

    private static func isUTF8(_ view: ByteBufferView) -> Bool {
        view.withContiguousStorageIfAvailable { String(validating: $0, as: UTF8.self) != nil } ?? false
    }

    /// What an XML declaration or an HTML page says of itself in its first bytes.
    private static func written(in view: ByteBufferView) -> String? {
        guard view.first(where: { $0 > 0x20 }) == UInt8(ascii: "<"), !isUTF8(view) else { return nil }
        let head = String(decoding: view.prefix(1024), as: Unicode.ASCII.self).lowercased()
        for key in ["encoding=", "charset="] {
            guard let start = head.firstRange(of: key)?.upperBound else { continue }
            let label = head[start...].drop { $0 == "\"" || $0 == "'" }
                .prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "-_:.".contains($0)) }
            return label.isEmpty ? nil : String(label)
        }
        return nil
    }

    private static let names: [String: String] = {
        var names: [String: String] = [
            // Pages that say Latin 1 mean its superset (WHATWG Encoding, section 4.2).
            "iso-8859-1": "CP1252", "iso8859-1": "CP1252", "iso_8859-1": "CP1252", "latin1": "CP1252",
            "latin-1": "CP1252", "l1": "CP1252", "iso-8859-9": "CP1254", "latin5": "CP1254", "latin2": "ISO-8859-2",
            "latin9": "ISO-8859-15", "iso-8859-15": "ISO-8859-15", "utf-16": "UTF-16LE", "utf16": "UTF-16LE",
            "utf-16le": "UTF-16LE", "utf-16be": "UTF-16BE", "ucs-2": "UTF-16LE", "utf-32": "UTF-32LE",
            "utf-32le": "UTF-32LE", "utf-32be": "UTF-32BE", "gbk": "GB18030", "gb2312": "GB18030",
            "gb18030": "GB18030", "x-gbk": "GB18030", "cp936": "GB18030", "big5": "BIG5-HKSCS",
            "big5-hkscs": "BIG5-HKSCS", "shift_jis": "CP932", "shift-jis": "CP932", "sjis": "CP932",
            "x-sjis": "CP932", "windows-31j": "CP932", "cp932": "CP932", "ms932": "CP932", "euc-jp": "EUC-JP",
            "x-euc-jp": "EUC-JP", "euc-kr": "UHC", "ks_c_5601-1987": "UHC", "cp949": "UHC", "windows-949": "UHC",
            "euc-cn": "GB18030", "euc-tw": "EUC-TW", "koi8-r": "KOI8-R", "koi8-u": "KOI8-U", "ibm866": "IBM866",
            "cp866": "IBM866", "macintosh": "MACINTOSH", "tis-620": "CP874", "windows-874": "CP874",
            "cp437": "CP437", "ibm437": "CP437", "cp850": "CP850", "ibm850": "CP850",
        ]
        for part in [2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 16] {
            for label in ["iso-8859-\(part)", "iso8859-\(part)", "iso_8859-\(part)"] {
                names[label] = "ISO-8859-\(part)"
            }
        }
        for page in 1250...1258 {
            for label in ["windows-\(page)", "cp\(page)", "x-cp\(page)"] { names[label] = "CP\(page)" }
        }
        return names
    }()

    private static func convert(_ view: ByteBufferView, _ name: String) -> ByteBuffer? {
        guard let converter = iconv_open("UTF-8", name), Int(bitPattern: converter) != -1 else { return nil }
        defer { iconv_close(converter) }
        // Where a character is broken, reading goes on at the next one.
        let step = name.hasPrefix("UTF-32") ? 4 : name.hasPrefix("UTF-16") ? 2 : 1
        var output = ByteBuffer()
        output.reserveCapacity(view.count + view.count / 2)
        view.withContiguousStorageIfAvailable { source in
            guard let base = UnsafeRawPointer(source.baseAddress) else { return }
            var input: UnsafeMutablePointer<CChar>? = UnsafeMutableRawPointer(mutating: base)
                .assumingMemoryBound(to: CChar.self)
            var left = source.count
            while left > 0 {
                var status = 0
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: min(max(left * 2, 64), 1 << 20)) { target in
                    var place: UnsafeMutablePointer<CChar>? = target.baseAddress?.assumingMemoryBound(to: CChar.self)
                    var room = target.count
                    status = iconv(converter, &input, &left, &place, &room) == -1 ? Int(errno) : 0
                    return target.count - room
                }
                guard status != 0, status != Int(E2BIG) else { continue }
                output.writeString("\u{FFFD}")
                let skipped = status == Int(EINVAL) ? left : min(step, left)
                input = input?.advanced(by: skipped)
                left -= skipped
            }
        }
        return output
    }
}
