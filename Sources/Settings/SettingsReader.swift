package import Value

/// Reads one mapping of a settings file strictly.
///
/// The getters never throw: a value of the wrong type is noted, and nil or the default is returned so that reading goes
/// on. `finish()` then throws everything that was noted, and every key that no getter asked for. `null` counts as absent.
package struct SettingsReader {
    let document: Document
    let pointer: JSONPointer
    let mapping: JSONObject
    let layers: Layered
    let log: SettingsLog
    /// The file's name, for messages; empty when there is no file.
    package let file: String

    /// Reads the root of `document`. An empty document counts as an empty mapping.
    package init(document: Document, file: String, layers: Layered = .fileOnly) {
        self.document = document
        self.file = file
        self.layers = layers
        pointer = .root
        log = SettingsLog()
        mapping = document.root.object ?? JSONObject()
        log.open(.root, mapping)
        if document.root.object == nil, !document.root.isNull {
            log.note(place(.root), "this must be a mapping of settings, not \(document.root.typeName)", at: .root)
        }
    }

    /// Reads flags and environment alone.
    package init(layers: Layered) {
        let start = Position(line: 1, column: 1)
        let document = Document(root: .object(JSONObject()), positions: PositionTree(value: start))
        self.init(document: document, file: "", layers: layers)
    }

    init(inside parent: SettingsReader, at pointer: JSONPointer, _ mapping: JSONObject) {
        document = parent.document
        file = parent.file
        layers = parent.layers
        log = parent.log
        self.pointer = pointer
        self.mapping = mapping
        log.open(pointer, mapping)
    }

    /// Whether the file, a flag or a variable sets `key`.
    package func contains(_ key: String) -> Bool {
        cell(key) != nil
    }

    /// The value as written in the file, of any type; asked for like the others.
    package func value(_ key: String) -> JSON? {
        cell(key)?.value
    }

    /// Where `key` is set: `connector.yaml:7:3`, `--connections`, `PENSTOCK_RELAY` or `default`.
    package func source(of key: String) -> String {
        cell(key)?.place ?? "default"
    }

    /// Notes that the value of `key`, which was read, will not do. `message` must not repeat the value.
    package func reject(_ key: String, _ message: String) {
        let place = cell(key)?.place ?? self.place(pointer)
        log.note(place, "\(named(key)) \(message)", at: pointer.appending(key))
    }

    /// Notes that a setting without which nothing works is absent.
    package func missing(_ key: String) {
        let path = path(key)
        let variable = layers.variable(path).map { "set \($0)" }
        let remedy = [file.isEmpty ? nil : "add it to \(file)", variable].compactMap { $0 }.joined(separator: " or ")
        log.note(
            file.isEmpty ? "" : place(pointer), "\(named(key)) is missing" + (remedy.isEmpty ? "" : "; \(remedy)"),
            at: pointer.appending(key))
    }

    /// Throws what this reader and the readers inside it have noted, and the keys that nobody asked for.
    package func finish() throws(SettingsError) {
        for reader in log.readers.values where reader.pointer.tokens.starts(with: pointer.tokens) {
            for key in reader.mapping.keys where !reader.asked.contains(key) {
                let here = reader.pointer.appending(key)
                log.note(place(here, ofKey: true), Self.unknown(key, known: reader.asked), at: here)
            }
            reader.asked.formUnion(reader.mapping.keys)
        }
        let faults = log.notes.filter { $0.pointer.tokens.starts(with: pointer.tokens) }
        guard !faults.isEmpty else { return }
        let ordered = faults.sorted {
            document.nearestPosition(of: $0.pointer) < document.nearestPosition(of: $1.pointer)
        }
        throw SettingsError(ordered.map(\.fault))
    }

    private static func unknown(_ key: String, known: Set<String>) -> String {
        let sorted = known.sorted()
        if let near = nearest(key, among: sorted) {
            return "unknown key \(key.quotedForMessage); did you mean \(near.quotedForMessage)?"
        }
        guard !sorted.isEmpty else { return "unknown key \(key.quotedForMessage); remove it" }
        return "unknown key \(key.quotedForMessage); known here: \(sorted.joined(separator: ", "))"
    }
}

extension SettingsReader {
    /// A value that is set, and where.
    struct Cell {
        let value: JSON
        /// From a flag or the environment: the value is a string, whatever type it stands for.
        let isText: Bool
        let place: String
        let pointer: JSONPointer
    }

    /// What is set for `key` by the first layer that sets it; marks the key as asked for.
    func cell(_ key: String) -> Cell? {
        log.ask(key, in: pointer)
        let here = pointer.appending(key)
        if let entry = layers.entry(path(key)) {
            return Cell(value: .string(entry.text), isText: true, place: entry.source, pointer: here)
        }
        guard let value = mapping[key], !value.isNull else { return nil }
        return Cell(value: value, isText: false, place: place(here), pointer: here)
    }

    /// Notes that the value in `cell` will not do.
    func note(_ cell: Cell, _ key: String, _ message: String) {
        log.note(cell.place, "\(cell.isText ? "the value" : named(key)) \(message)", at: cell.pointer)
    }

    /// The key with those around it, dots between: `limits.response_bytes`.
    func path(_ key: String) -> String {
        (pointer.tokens + [key]).joined(separator: ".")
    }

    func named(_ key: String) -> String {
        "\"\(path(key))\""
    }

    func place(_ pointer: JSONPointer, ofKey: Bool = false) -> String {
        guard !file.isEmpty else { return "" }
        let position =
            (ofKey ? document.keyPosition(of: pointer) : nil) ?? document.nearestPosition(of: pointer)
        return "\(file):\(position.line):\(position.column)"
    }
}
