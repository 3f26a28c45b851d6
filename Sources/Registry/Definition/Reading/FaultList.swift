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

    /// Whether no more faults are taken, and looking for them is of no use.
    var isFull: Bool { faults.count >= Self.most }

    func add(_ kind: DefinitionFault.Kind, _ pointer: JSONPointer, _ message: String) {
        guard !isFull else { return }
        let position = document.map { $0.keyPosition(of: pointer) ?? $0.nearestPosition(of: pointer) }
        faults.append(DefinitionFault(kind: kind, pointer: pointer, message: message, position: position))
    }

    /// Unless a fault of that place is there already.
    func invalidIfNone(_ pointer: JSONPointer, _ message: String) {
        if !faults.contains(where: { $0.pointer == pointer }) { invalid(pointer, message) }
    }

    func invalid(_ pointer: JSONPointer, _ message: String) {
        add(.invalid, pointer, message)
    }
}
