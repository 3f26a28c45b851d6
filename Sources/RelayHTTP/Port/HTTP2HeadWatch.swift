/// Follows an HTTP/2 client's bytes just far enough to know whether it is in the middle of its connection preface or of
/// a header block (RFC 9113, sections 3.4, 4.1 and 6.10). It judges nothing: the session behind it does.
struct HTTP2HeadWatch {
    private static let prefaceBytes = 24
    private static let frameHeaderBytes = 9

    /// Bytes of the preface still to come.
    private var preface = Self.prefaceBytes
    private var frameHeader: [UInt8] = []
    private var payload = 0
    private var isInHeaderBlock = false
    private var endsHeaderBlock = false

    /// Whether the client owes the rest of something it has to say in one go.
    var isWaiting: Bool { preface > 0 || isInHeaderBlock }

    mutating func received(_ bytes: some Collection<UInt8>) {
        var rest = bytes[...]
        if preface > 0 {
            let count = min(preface, rest.count)
            preface -= count
            rest = rest.dropFirst(count)
        }
        while !rest.isEmpty {
            if payload > 0 {
                let count = min(payload, rest.count)
                payload -= count
                rest = rest.dropFirst(count)
                if payload == 0 { frameEnded() }
            } else {
                let count = min(Self.frameHeaderBytes - frameHeader.count, rest.count)
                frameHeader.append(contentsOf: rest.prefix(count))
                rest = rest.dropFirst(count)
                if frameHeader.count == Self.frameHeaderBytes { frameBegan() }
            }
        }
    }

    private mutating func frameBegan() {
        payload = Int(frameHeader[0]) << 16 | Int(frameHeader[1]) << 8 | Int(frameHeader[2])
        let isHeaders = frameHeader[3] == 0x1
        let isContinuation = frameHeader[3] == 0x9
        if isHeaders { isInHeaderBlock = true }
        endsHeaderBlock = (isHeaders || isContinuation) && frameHeader[4] & 0x4 != 0
        frameHeader.removeAll(keepingCapacity: true)
        if payload == 0 { frameEnded() }
    }

    private mutating func frameEnded() {
        if endsHeaderBlock { isInHeaderBlock = false }
    }
}
