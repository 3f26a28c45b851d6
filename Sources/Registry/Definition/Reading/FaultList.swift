import Value

/// Gathers faults while one definition is read.
final class FaultList {
    /// As many as anybody reads; a hostile document has no more.
    private static let most = 1000

    private(set) var faults: [DefinitionFault] = []
    private let document: Document?

    init(document: Document?) {
        self.document = document
    }

    func add(_ kind: DefinitionFault.Kind, _ pointer: JSONPointer, _ message: String) {
        guard faults.count < Self.most else { return }
        let position = document.map { $0.keyPosition(of: pointer) ?? $0.nearestPosition(of: pointer) }
        faults.append(DefinitionFault(kind: kind, pointer: pointer, message: message, position: position))
    }

    func invalid(_ pointer: JSONPointer, _ message: String) {
        add(.invalid, pointer, message)
    }
}
