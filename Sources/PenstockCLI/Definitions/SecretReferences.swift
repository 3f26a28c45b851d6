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
            if object.count == 1, let (key, name) = object.first, let name = name.string {
                if key == "from_env" { return .string(try text(ofVariable: name, pointer)) }
                if key == "from_file" { return .string(try text(ofFile: name, pointer)) }
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
