package import Value

/// Brings what a source has now into a definition that its owner has edited since it was imported.
///
/// What only the source changed is taken over; what the user changed stays, and where both changed the same place the
/// user's stands and the conflict is told. Endpoints are told apart by method and path, then by name: a renamed one is
/// still the same. One that the user removed stays removed, one that the source removed goes unless the user edited it.
package struct DraftMerge: Sendable {
    /// The definition as it is to be now.
    package let definition: JSON
    package let report: MergeReport

    /// The relay's to write, and the user's to choose.
    private static let mineAlone: Set<String> = ["id", "user_id", "slug", "metadata"]

    /// - Parameters:
    ///   - base: the definition as it was imported last.
    ///   - theirs: the definition as imported now, of the same operations.
    ///   - mine: the definition as the user has it now; secrets are references.
    package init(base: JSON, theirs: JSON, mine: JSON) {
        let (base, theirs, mine) = (Self.unwrapped(base), Self.unwrapped(theirs), Self.unwrapped(mine))
        var merge = ValueMerge()
        var endpoints = EndpointMerge(
            base: base["endpoints"]?.array ?? [], theirs: theirs["endpoints"]?.array ?? [],
            mine: mine["endpoints"]?.array ?? [], shared: mine["$defs"])
        endpoints.run(&merge)
        var result = JSONObject()
        for key in mine.keys + theirs.keys.filter({ mine[$0] == nil }) {
            let place = JSONPointer([key])
            switch key {
            case "endpoints": result[key] = .array(endpoints.result)
            case "$defs":
                // What refers to an endpoint is to mean it still, wherever it stands now.
                let shared = Self.shared(
                    base[key].map { endpoints.named($0, \.base) }?.object ?? [:],
                    theirs[key].map { endpoints.named($0, \.theirs) }?.object ?? [:],
                    mine[key].map { endpoints.named($0, \.mine) }?.object ?? [:], &merge)
                result[key] = endpoints.placed(.object(shared))
            case "authentication":
                result[key] = Self.authentication(base[key], theirs[key], mine[key], at: place, &merge)
            case _ where Self.mineAlone.contains(key): result[key] = mine[key]
            default: result[key] = merge.merge(base[key], theirs[key], mine[key], at: place)
            }
        }
        let imported = Set(base["$defs"]?.object?.keys ?? [])
        let own = Set(mine["$defs"]?.object?.keys ?? []).subtracting(imported)
        definition = .object(DefinitionReferences.dropUnused(from: result, keeping: own))
        report = merge.report
    }

    private static func unwrapped(_ root: JSON) -> JSONObject { (root["custom_api"] ?? root).object ?? [:] }

    /// A shared schema goes when nobody uses it, and not before: the user's endpoints may still refer to what the
    /// source no longer has.
    private static func shared(
        _ base: JSONObject, _ theirs: JSONObject, _ mine: JSONObject, _ merge: inout ValueMerge
    ) -> JSONObject {
        var result = JSONObject()
        for name in mine.keys + theirs.keys.filter({ mine[$0] == nil }) {
            let place = JSONPointer(["$defs", name])
            switch (theirs[name], mine[name]) {
            case (let theirs?, let mine?): result[name] = merge.merge(base[name], theirs, mine, at: place)
            case (let theirs?, nil):
                if base[name] == nil { merge.note(.source, nil, theirs, at: place) }
                result[name] = theirs
            case (nil, let mine?):
                if base[name] != mine { merge.note(.user, base[name], mine, at: place) }
                result[name] = mine
            case (nil, nil): continue
            }
        }
        return result
    }

    /// The parts of an authentication belong together, so that it is taken from one side or the other. The user's
    /// secrets are no edit.
    private static func authentication(
        _ base: JSON?, _ theirs: JSON?, _ mine: JSON?, at place: JSONPointer, _ merge: inout ValueMerge
    ) -> JSON? {
        let plain = mine.map(withoutSecrets)
        let wasPlain = base.map(withoutSecrets)
        let isPlain = theirs.map(withoutSecrets)
        if isPlain == wasPlain || isPlain == plain { return mine }
        guard plain == wasPlain else {
            merge.with {
                $0.addConflict(place, theirs: isPlain, mine: plain, "you and the source changed it: yours is kept")
            }
            return mine
        }
        merge.note(.source, wasPlain, isPlain, at: place)
        // References to secrets of the same kind stay good.
        guard let mine, let theirs, mine["type"] == theirs["type"], var object = theirs.object,
            let config = mine["config"]?.object
        else { return theirs }
        var merged = object["config"]?.object ?? [:]
        for (key, value) in config where isReference(value) && merged[key] == nil { merged[key] = value }
        object["config"] = .object(merged)
        return .object(object)
    }

    private static func isReference(_ value: JSON) -> Bool { value.string?.hasPrefix("vault://") ?? false }

    private static func withoutSecrets(_ value: JSON) -> JSON {
        switch value {
        case .object(let object):
            .object(
                JSONObject(object.filter { !isReference($0.value) }.map { ($0.key, withoutSecrets($0.value)) }))
        case .array(let elements): .array(elements.map(withoutSecrets))
        case .null, .bool, .number, .string: value
        }
    }
}
