/// A recursive-descent parser over bytes. Positions are worked out only for errors or when asked for.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    let limits: JSONLimits
    var index = 0
    private var nodes = 0
    private let recordsPositions: Bool
    private var cursor = PositionCursor()
    /// The later of keys that stand twice, where that is accepted.
    private(set) var repeatedKeys: [Document.RepeatedKey] = []
    /// Finished nodes whose parent is not yet finished.
    private var finished: [PositionTree] = []

    init(_ bytes: UnsafeBufferPointer<UInt8>, limits: JSONLimits, recordsPositions: Bool) {
        self.bytes = bytes
        self.limits = limits
        self.recordsPositions = recordsPositions
    }

    /// After `document()`, where its values stood.
    var positions: PositionTree {
        finished.last ?? PositionTree(value: Position(line: 1, column: 1))
    }

    mutating func document() throws(JSONParseError) -> JSON {
        guard bytes.count <= limits.bytes else {
            throw fault(.limit, "the document has more than \(limits.bytes) bytes", at: 0)
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            guard !limits.repairsText else {
                index = 3
                return try whole()
            }
            throw fault(.syntax, "the document begins with a byte order mark, which JSON does not allow", at: 0)
        }
        return try whole()
    }

    private mutating func whole() throws(JSONParseError) -> JSON {
        skipSpace()
        let root = try value(depth: 0)
        skipSpace()
        guard index == bytes.count else { throw unexpected("the end of the document") }
        return root
    }

    private mutating func value(depth: Int) throws(JSONParseError) -> JSON {
        nodes += 1
        guard nodes <= limits.nodes else { throw fault(.limit, "the document has more than \(limits.nodes) values") }
        guard index < bytes.count else { throw unexpected("a value") }
        let start = recordsPositions ? cursor.position(at: index, in: bytes) : nil
        let firstChild = finished.count
        let result: JSON
        switch bytes[index] {
        case UInt8(ascii: "\""): result = .string(try string())
        case UInt8(ascii: "{"): result = .object(try object(depth: depth))
        case UInt8(ascii: "["): result = .array(try array(depth: depth))
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): result = .number(try number())
        case UInt8(ascii: "t") where take("true"): result = .bool(true)
        case UInt8(ascii: "f") where take("false"): result = .bool(false)
        case UInt8(ascii: "n") where take("null"): result = .null
        default: throw unexpected("a value")
        }
        if let start {
            let children = Array(finished[firstChild...])
            finished.removeSubrange(firstChild...)
            finished.append(PositionTree(value: start, children: children))
        }
        return result
    }

    private mutating func object(depth: Int) throws(JSONParseError) -> JSONObject {
        try enter(depth)
        var object = JSONObject()
        let firstChild = finished.count
        skipSpace()
        if takes(UInt8(ascii: "}")) { return object }
        while true {
            guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
                throw unexpected("a key in double quotes")
            }
            let keyIndex = index
            let keyPosition = recordsPositions ? cursor.position(at: index, in: bytes) : nil
            let key = try string()
            skipSpace()
            guard takes(UInt8(ascii: ":")) else { throw unexpected("a colon behind the key") }
            skipSpace()
            let member = try value(depth: depth + 1)
            let first = object.add(key, member)
            if let first, !limits.acceptsRepeatedKeys {
                let place = recordsPositions ? finished[firstChild + first].key : nil
                let suffix = place.map { "; it stands first at \($0)" } ?? ""
                throw fault(
                    .duplicateKey, "the key \(key.quotedForMessage) stands twice in one object\(suffix)", at: keyIndex)
            }
            if recordsPositions { finished[finished.count - 1].key = keyPosition }
            if let first {
                object[key] = member
                if recordsPositions { finished[firstChild + first] = finished.removeLast() }
                if let keyPosition { repeatedKeys.append(Document.RepeatedKey(key: key, position: keyPosition)) }
            }
            skipSpace()
            if takes(UInt8(ascii: "}")) { return object }
            try comma(before: UInt8(ascii: "}"))
        }
    }

    private mutating func array(depth: Int) throws(JSONParseError) -> [JSON] {
        try enter(depth)
        var elements: [JSON] = []
        skipSpace()
        if takes(UInt8(ascii: "]")) { return elements }
        while true {
            elements.append(try value(depth: depth + 1))
            skipSpace()
            if takes(UInt8(ascii: "]")) { return elements }
            try comma(before: UInt8(ascii: "]"))
        }
    }

    private mutating func enter(_ depth: Int) throws(JSONParseError) {
        guard depth < limits.depth else { throw fault(.limit, "more than \(limits.depth) levels are nested") }
        index += 1
    }

    private mutating func comma(before close: UInt8) throws(JSONParseError) {
        let mark = index
        let bracket = Character(Unicode.Scalar(close))
        guard takes(UInt8(ascii: ",")) else { throw unexpected("a comma or '\(bracket)'") }
        skipSpace()
        if index < bytes.count, bytes[index] == close {
            throw fault(.syntax, "there is a comma before '\(bracket)'", at: mark)
        }
    }

    private mutating func number() throws(JSONParseError) -> JSONNumber {
        switch scanNumber(bytes, from: index) {
        case .fault(let place, let message):
            throw fault(.syntax, message, at: place)
        case .end(let end):
            guard end - index <= limits.numberBytes else {
                throw fault(.limit, "the number has more than \(limits.numberBytes) digits")
            }
            let text = String(decoding: UnsafeBufferPointer(rebasing: bytes[index..<end]), as: UTF8.self)
            index = end
            return JSONNumber(scanned: text)
        }
    }

    private mutating func take(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard bytes.count - index >= length else { return false }
        for offset in 0..<length where bytes[index + offset] != word.utf8Start[offset] { return false }
        index += length
        return true
    }

    @inline(__always)
    private mutating func takes(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    @inline(__always)
    private mutating func skipSpace() {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x0A, 0x0D, 0x09: index += 1
            default: return
            }
        }
    }
}

extension JSONParser {
    func fault(_ code: JSONParseError.Code, _ message: String, at offset: Int? = nil) -> JSONParseError {
        let offset = offset ?? index
        return JSONParseError(
            code: code, message: message, position: Position(offset: offset, in: bytes), byteOffset: offset)
    }

    private func unexpected(_ wanted: String) -> JSONParseError {
        guard index < bytes.count else { return fault(.syntax, "the text ends where \(wanted) should be") }
        let byte = bytes[index]
        let found = byte > 0x20 && byte < 0x7F ? "'\(Character(Unicode.Scalar(byte)))'" : "an unexpected character"
        return fault(.syntax, "\(found) stands where \(wanted) should be")
    }
}
