/// Follows the bytes of one side of an HTTP/2 connection just far enough to see its frames, and whether it is in the
/// middle of its connection preface or of a header block (RFC 9113, sections 3.4, 4.1 and 6.10). It judges nothing.
struct HTTP2FrameWatch {
    /// Frame types (RFC 9113, section 6).
    enum Kind {
        static let data: UInt8 = 0x0
        static let headers: UInt8 = 0x1
        static let resetStream: UInt8 = 0x3
        static let settings: UInt8 = 0x4
        static let ping: UInt8 = 0x6
        static let goAway: UInt8 = 0x7
        static let windowUpdate: UInt8 = 0x8
        static let continuation: UInt8 = 0x9
    }

    /// A frame's nine bytes.
    struct Frame {
        let length: Int
        let kind: UInt8
        let flags: UInt8
        let stream: UInt32
    }

    private static let prefaceBytes = 24
    private static let frameHeaderBytes = 9

    /// Bytes of the preface still to come.
    private var preface: Int
    private var frameHeader: [UInt8] = []
    private var payload = 0
    private var isInHeaderBlock = false
    private var endsHeaderBlock = false

    /// - Parameter isClient: whether the side begins with a client's preface.
    init(isClient: Bool) {
        preface = isClient ? Self.prefaceBytes : 0
    }

    /// Whether the side owes the rest of something it has to say in one go.
    var isWaiting: Bool { preface > 0 || isInHeaderBlock }

    /// - Parameter began: called for each frame whose header is complete.
    mutating func received(_ bytes: some Collection<UInt8>, began: (Frame) -> Void = { _ in }) {
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
                if frameHeader.count == Self.frameHeaderBytes { began(frameBegan()) }
            }
        }
    }

    private mutating func frameBegan() -> Frame {
        let stream = frameHeader[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        payload = Int(frameHeader[0]) << 16 | Int(frameHeader[1]) << 8 | Int(frameHeader[2])
        let frame = Frame(length: payload, kind: frameHeader[3], flags: frameHeader[4], stream: stream)
        let isHeaders = frame.kind == Kind.headers
        if isHeaders { isInHeaderBlock = true }
        endsHeaderBlock = (isHeaders || frame.kind == Kind.continuation) && frame.flags & 0x4 != 0
        frameHeader.removeAll(keepingCapacity: true)
        if payload == 0 { frameEnded() }
        return frame
    }

    private mutating func frameEnded() {
        if endsHeaderBlock { isInHeaderBlock = false }
    }
}
