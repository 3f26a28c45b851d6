import Settings
import Value

/// Replaces `{"from_env": "NAME"}` and `{"from_file": "path"}` by the text they name.
struct SecretReferences {
    let file: DefinitionFile
    let variable: (String) -> String?

    /// The largest secret that is read from a file, in bytes.
    private static let largest = 64 << 10

    func resolve(_ value: JSON, at pointer: JSONPointer) throws(CommandFailure) -> JSON {
        switch value {
        case .object(let object):
            if let text = try text(namedBy: object, pointer) {
                // There, a plain text is known to everybody.
                let isPublic = ["token_params", "token_headers"].contains(pointer.parent?.tokens.last ?? "")
                return isPublic ? ["value": .string(text)] : .string(text)
            }
            var result = JSONObject()
            for (key, member) in object {
                let here = pointer.appending(key)
                result[key] = Self.isOpaque(here) ? member : try resolve(member, at: here)
            }
            return .object(result)
        case .array(let elements):
            var result: [JSON] = []
            for (index, element) in elements.enumerated() {
                result.append(try resolve(element, at: pointer.appending(index)))
            }
            return .array(result)
        case .null, .bool, .number, .string:
            return value
        }
    }

    /// All texts that are put in.
    func texts(in value: JSON, at pointer: JSONPointer) throws(CommandFailure) -> Set<String> {
        var texts: Set<String> = []
        switch value {
        case .object(let object):
            if let text = try text(namedBy: object, pointer) { return [text] }
            for (key, member) in object where !Self.isOpaque(pointer.appending(key)) {
                texts.formUnion(try self.texts(in: member, at: pointer.appending(key)))
            }
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                texts.formUnion(try self.texts(in: element, at: pointer.appending(index)))
            }
        case .null, .bool, .number, .string: break
        }
        return texts
    }

    /// What `{"from_env": …}` or `{"from_file": …}` names; nil for any other object.
    private func text(namedBy object: JSONObject, _ pointer: JSONPointer) throws(CommandFailure) -> String? {
        guard object.count == 1, let (key, name) = object.first, let name = name.string else { return nil }
        switch key {
        case "from_env": return try text(ofVariable: name, pointer)
        case "from_file": return try text(ofFile: name, pointer)
        default: return nil
        }
    }

    private static func isOpaque(_ pointer: JSONPointer) -> Bool {
        pointer.tokens == ["endpoints"] || pointer.tokens == ["custom_api", "endpoints"]
    }

    private func text(ofVariable name: String, _ pointer: JSONPointer) throws(CommandFailure) -> String {
        guard let text = variable(name), !text.isEmpty else {
            throw CommandFailure(
                .usage, "\(file.place(pointer)): the variable \(name.quotedForMessage) is not set or empty",
                notes: ["Set it in the environment of this command, or write from_file."])
        }
        return text
    }

    private func text(ofFile path: String, _ pointer: JSONPointer) throws(CommandFailure) -> String {
        let text: String
        do throws(SettingsError) {
            text = try readTextFile(Path.resolve(path, from: file.folder), limit: Self.largest)
        } catch {
            throw CommandFailure(.usage, "\(file.place(pointer)): \(error)")
        }
        guard !text.isEmpty else {
            throw CommandFailure(.usage, "\(file.place(pointer)): the file \(path.quotedForMessage) is empty")
        }
        return text
    }
}
