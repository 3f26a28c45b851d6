import Value

/// Prints results on standard output in the format asked for.
struct Printer: Sendable {
    let format: OutputFormat

    /// - Parameter none: what a table with no rows says instead, on standard error.
    func list(_ items: [JSON], _ columns: [Column], none: String) {
        switch format {
        case .table where items.isEmpty: Terminal.error(none)
        case .table: Terminal.output(Table.rows(items, columns))
        case .json, .yaml: value(["items": .array(items)])
        }
    }

    func object(_ item: JSON, _ columns: [Column]) {
        switch format {
        case .table: Terminal.output(Table.fields(item, columns))
        case .json, .yaml: value(item)
        }
    }

    /// A value of any shape: YAML where YAML was asked for, else indented JSON.
    func value(_ value: JSON) {
        Terminal.output(format == .yaml ? YAMLWriter.text(value) : value.text(pretty: true))
    }

    /// What came of the command, in words, on standard output; nothing where a program reads.
    func result(_ text: String) {
        if format == .table { Terminal.output(text.printable) }
    }

    /// A line of a difference, in the colour of its mark.
    func change(_ line: String) {
        guard format == .table else { return }
        let ink: Ink? =
            switch line.drop(while: { $0 == " " }).first {
            case "+": .green
            case "-": .red
            case "~", "*": .yellow
            default: nil
            }
        Terminal.output(ink.map { $0(line.printable) } ?? line.printable)
    }

    /// A hint for eyes, on standard error; nothing where a program reads.
    func note(_ text: String) {
        if format == .table { Terminal.error(text.printable) }
    }
}
