package import Value

extension Draft {
    /// The definition with the endpoints of all operations that were imported.
    package var wholeDefinition: JSON { wholeDefinition { _ in true } }

    /// The definition with the endpoints of those imported operations that `isSelected` takes, and with what of `$defs`
    /// these use.
    package func wholeDefinition(selecting isSelected: (DraftOperation) -> Bool) -> JSON {
        var whole = definition
        whole["endpoints"] = .array(
            operations.compactMap { operation in
                guard let endpoint = operation.endpoint, isSelected(operation) else { return nil }
                return .object(endpoint)
            })
        return .object(DefinitionReferences.dropUnused(from: whole))
    }
}
