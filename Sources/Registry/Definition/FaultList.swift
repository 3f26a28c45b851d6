import Value

/// Gathers faults while one definition is read.
final class FaultList {
    private(set) var faults: [DefinitionFault] = []
    private let document: Document?

    init(document: Document?) {
        self.document = document
    }

    func add(_ kind: DefinitionFault.Kind, _ pointer: JSONPointer, _ message: String) {
        let position = document.map { $0.keyPosition(of: pointer) ?? $0.nearestPosition(of: pointer) }
        faults.append(DefinitionFault(kind: kind, pointer: pointer, message: message, position: position))
    }

    func invalid(_ pointer: JSONPointer, _ message: String) {
        add(.invalid, pointer, message)
    }

    /// - Parameter what: completes "… not available in this version", capitalised.
    func notImplemented(_ pointer: JSONPointer, _ what: String) {
        add(.notImplemented, pointer, "\(what) not available in this version.")
    }
}
