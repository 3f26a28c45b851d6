/// A place in a text, both counted from 1; columns count Unicode scalars.
package struct Position: Sendable, Hashable {
    /// From 1.
    package var line: Int
    /// From 1, in Unicode scalars.
    package var column: Int

    /// A place known by its numbers.
    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// The position of the byte at `offset` of a UTF-8 text.
    package init(offset: Int, in bytes: UnsafeBufferPointer<UInt8>) {
        var cursor = PositionCursor()
        self = cursor.position(at: offset, in: bytes)
    }
}

extension Position: Comparable {
    package static func < (left: Position, right: Position) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

extension Position: CustomStringConvertible {
    package var description: String { "line \(line), column \(column)" }
}

/// Turns byte offsets into positions, forwards only, so that a whole document costs one pass.
struct PositionCursor {
    private var offset = 0
    private var line = 1
    private var column = 1

    mutating func position(at target: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Position {
        while offset < target, offset < bytes.count {
            let byte = bytes[offset]
            offset += 1
            if byte == 0x0A || (byte == 0x0D && !(offset < bytes.count && bytes[offset] == 0x0A)) {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80 {
                column += 1
            }
        }
        return Position(line: line, column: column)
    }
}
