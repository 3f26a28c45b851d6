import Value
import YAML

/// The files of an import, each read when it is first needed. Nothing else is ever opened (S13).
final class SourceFiles {
    private enum State {
        case unread
        case read(Document)
        case failed(ImportError)
    }

    private let files: [ImportFile]
    private let limits: ImportLimits
    private var states: [State]
    private var byName: [String: Int] = [:]
    /// By last component, where it is the only file that has it.
    private var byLastComponent: [String: Int?] = [:]

    init(_ files: [ImportFile], limits: ImportLimits) {
        self.files = files
        self.limits = limits
        states = Array(repeating: .unread, count: files.count)
        for (index, file) in files.enumerated() {
            let path = FilePath.normalized(file.name)
            if byName[path] == nil { byName[path] = index }
            let last = FilePath.lastComponent(path)
            byLastComponent[last] = byLastComponent[last] == nil ? .some(index) : .some(nil)
        }
    }

    var count: Int { files.count }

    func name(_ file: Int) -> String { files[file].name }

    /// The file's name for a finding: nil where there is only one.
    func shownName(_ file: Int) -> String? { files.count > 1 ? files[file].name : nil }

    /// The file of a name, path or URL.
    func file(named name: String) -> Int? { byName[FilePath.normalized(name)] }

    /// The only file whose name ends so.
    func file(endingIn name: String) -> Int? { byLastComponent[FilePath.lastComponent(name)] ?? nil }

    func document(_ file: Int) throws(ImportError) -> Document {
        switch states[file] {
        case .read(let document): return document
        case .failed(let error): throw error
        case .unread: break
        }
        do throws(ImportError) {
            let document = try read(files[file])
            states[file] = .read(document)
            return document
        } catch {
            states[file] = .failed(error)
            throw error
        }
    }

    private func read(_ file: ImportFile) throws(ImportError) -> Document {
        let shown = files.count > 1 ? file.name : nil
        let bytes = TextEncoding.utf8(file.bytes)
        guard bytes.contains(where: { $0 > 0x20 }) else {
            throw ImportError("unreadable", "The file is empty.", file: shown)
        }
        if let position = TextEncoding.firstFault(bytes) {
            throw ImportError("unreadable", "The text is not UTF-8 here.", file: shown, position: position)
        }
        let document: Document
        do throws(YAMLError) {
            document = try YAML.parse(
                bytes,
                limits: YAMLLimits(
                    bytes: limits.bytes, nodes: limits.values, acceptsRepeatedKeys: true, repairsText: true))
        } catch {
            let message = "The text is neither JSON nor YAML: \(error.message)."
            throw ImportError("unreadable", message, file: shown, position: error.position)
        }
        guard !Self.hasLongKey(document.root) else {
            throw ImportError("unreadable", "A key is longer than \(Self.longestKey >> 10) KiB.", file: shown)
        }
        return document
    }

    /// The places of all that stands below a key hold it.
    private static func hasLongKey(_ root: JSON) -> Bool {
        var rest = [root]
        while let value = rest.popLast() {
            if let object = value.object {
                if object.contains(where: { $0.key.utf8.count > longestKey }) { return true }
                rest += object.map(\.value)
            } else if let elements = value.array {
                rest += elements
            }
        }
        return false
    }

    private static let longestKey = 8 << 10

    /// The value at a place; nil where there is none, or its file cannot be read.
    func node(_ place: Place) -> Node? {
        guard let value = (try? document(place.file))?.root[place.pointer] else { return nil }
        return Node(place: place, value: value)
    }

    /// Line and column of a place, of the nearest thing around it otherwise.
    func position(_ place: Place) -> Position? {
        guard let document = try? document(place.file) else { return nil }
        return document.keyPosition(of: place.pointer) ?? document.nearestPosition(of: place.pointer)
    }
}
