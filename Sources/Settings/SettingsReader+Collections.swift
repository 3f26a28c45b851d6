import Value

extension SettingsReader {
    /// A list of strings. From a flag or the environment: separated by commas.
    package func strings(_ key: String) -> [String]? {
        guard let cell = cell(key) else { return nil }
        if cell.isText, case .string(let text) = cell.value {
            return text.split(separator: ",").map(Self.trimmed).filter { !$0.isEmpty }
        }
        guard let elements = cell.value.array else {
            note(cell, key, "must be a list of strings, not \(cell.value.typeName)")
            return nil
        }
        var result: [String] = []
        for (index, element) in elements.enumerated() {
            if case .string(let text) = element {
                result.append(text)
            } else {
                noteElement(cell.pointer.appending(index), "must be a string, not \(element.typeName)")
            }
        }
        return result
    }

    /// A list of strings, or the default where it is absent.
    package func strings(_ key: String, default value: [String]) -> [String] {
        strings(key) ?? value
    }

    /// A mapping of strings, in order.
    package func stringMap(_ key: String) -> [(key: String, value: String)]? {
        guard let cell = cell(key) else { return nil }
        guard let object = cell.value.object else {
            note(cell, key, "must be a mapping of strings, not \(cell.value.typeName)")
            return nil
        }
        var result: [(key: String, value: String)] = []
        for (name, value) in object {
            if case .string(let text) = value {
                result.append((name, text))
            } else {
                noteElement(cell.pointer.appending(name), "must be a string, not \(value.typeName)")
            }
        }
        return result
    }

    /// A mapping inside this one; nil when it is absent. `finish()` of this reader covers it.
    package func nested(_ key: String) -> SettingsReader? {
        log.ask(key, in: pointer)
        let here = pointer.appending(key)
        switch mapping[key] {
        case nil, .null?:
            return layers.reaches(into: path(key)) ? SettingsReader(inside: self, at: here, JSONObject()) : nil
        case .object(let object)?:
            return SettingsReader(inside: self, at: here, object)
        case let value?:
            log.note(place(here), "\(named(key)) must be a mapping, not \(value.typeName)", at: here)
            return nil
        }
    }

    /// A mapping inside this one, empty when it is absent.
    package func section(_ key: String) -> SettingsReader {
        nested(key) ?? SettingsReader(inside: self, at: pointer.appending(key), JSONObject())
    }

    /// A list of mappings; nil when it is absent.
    package func list(_ key: String) -> [SettingsReader]? {
        guard let cell = cell(key) else { return nil }
        guard let elements = cell.value.array else {
            note(cell, key, cell.isText ? "can be set in a file only" : "must be a list, not \(cell.value.typeName)")
            return nil
        }
        var result: [SettingsReader] = []
        for (index, element) in elements.enumerated() {
            let here = cell.pointer.appending(index)
            if case .object(let object) = element {
                result.append(SettingsReader(inside: self, at: here, object))
            } else {
                noteElement(here, "must be a mapping, not \(element.typeName)")
            }
        }
        return result
    }

    private func noteElement(_ pointer: JSONPointer, _ message: String) {
        log.note(place(pointer), "\"\(pointer.tokens.joined(separator: "."))\" \(message)", at: pointer)
    }

    private static func trimmed(_ part: Substring) -> String {
        var part = part.drop { $0 == " " }
        while part.last == " " { part.removeLast() }
        return String(part)
    }
}
