import Value

/// What the readers of one document have asked for and found wrong.
final class SettingsLog {
    /// One mapping being read.
    final class Reader {
        let pointer: JSONPointer
        let mapping: JSONObject
        var asked: Set<String> = []

        init(pointer: JSONPointer, mapping: JSONObject) {
            self.pointer = pointer
            self.mapping = mapping
        }
    }

    struct Note {
        let pointer: JSONPointer
        let fault: SettingsError.Fault
    }

    private(set) var readers: [JSONPointer: Reader] = [:]
    private(set) var notes: [Note] = []

    /// Expects `mapping` to be read; what was asked of it before stays known.
    func open(_ pointer: JSONPointer, _ mapping: JSONObject) {
        if readers[pointer] == nil { readers[pointer] = Reader(pointer: pointer, mapping: mapping) }
    }

    func ask(_ key: String, in pointer: JSONPointer) {
        readers[pointer]?.asked.insert(key)
    }

    /// Keeps the first fault of a value only.
    func note(_ place: String, _ message: String, at pointer: JSONPointer) {
        guard !notes.contains(where: { $0.pointer == pointer }) else { return }
        notes.append(Note(pointer: pointer, fault: SettingsError.Fault(place: place, message: message)))
    }
}
