import Value

/// A column of a table: its heading, and the member it shows.
struct Column: Sendable {
    let heading: String
    /// The members' names, outermost first.
    let path: [String]

    init(_ heading: String, _ path: String...) {
        self.heading = heading
        self.path = path.isEmpty ? [heading.lowercased()] : path
    }
}

/// Values as text in columns, for eyes.
enum Table {
    /// One row an item under a line of headings.
    static func rows(_ items: [JSON], _ columns: [Column]) -> String {
        let head = columns.map { $0.heading.uppercased() }
        let lines = aligned([head] + items.map { item in columns.map { cell(item, $0.path) } })
        guard Ink.isOn, let end = lines.firstIndex(of: "\n") else { return lines }
        return Ink.bold(String(lines[..<end])) + lines[end...]
    }

    /// Further rows of a table that is still growing: the headings come with the first ones.
    ///
    /// - Parameter widths: of the columns so far.
    static func more(_ items: [JSON], _ columns: [Column], _ widths: inout [Int]) -> String {
        let head = widths.isEmpty ? [columns.map { $0.heading.uppercased() }] : []
        return aligned(head + items.map { item in columns.map { cell(item, $0.path) } }, &widths)
    }

    /// One line a field of one object; fields it does not have are left out.
    static func fields(_ item: JSON, _ columns: [Column]) -> String {
        let present = columns.filter { value(item, $0.path) != nil }
        return aligned(present.map { [$0.heading, cell(item, $0.path)] })
    }

    /// A value on one line: strings bare, lists with commas, `-` for nothing.
    static func text(_ value: JSON?) -> String {
        switch value {
        case nil, .null?: return "-"
        case .string(let text)?: return text.isEmpty ? "-" : text.printable
        case .bool(let flag)?: return flag ? "yes" : "no"
        case .array(let elements)?:
            return elements.isEmpty ? "-" : elements.map { text($0) }.joined(separator: ", ")
        case let value?: return value.text().printable
        }
    }

    private static func cell(_ item: JSON, _ path: [String]) -> String {
        text(value(item, path))
    }

    private static func value(_ item: JSON, _ path: [String]) -> JSON? {
        path.reduce(item as JSON?) { $0?[$1] }
    }

    private static func aligned(_ lines: [[String]]) -> String {
        var widths: [Int] = []
        return aligned(lines, &widths)
    }

    private static func aligned(_ lines: [[String]], _ widths: inout [Int]) -> String {
        for line in lines {
            for (index, cell) in line.enumerated() {
                if index == widths.count { widths.append(0) }
                widths[index] = max(widths[index], cell.count)
            }
        }
        return lines.map { [widths] line in
            let cells = line.enumerated().map { index, cell in
                index == line.count - 1 ? cell : cell + String(repeating: " ", count: widths[index] - cell.count)
            }
            return cells.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
