import Value

/// Merges three versions of a value: objects by key, lists of words as sets, all else as a whole.
struct ValueMerge {
    private(set) var report = MergeReport()

    private static let deepest = 256
    /// Lists whose order means nothing.
    private static let sets: Set<String> = [
        "required", "enum", "type", "scopes", "tags", "url_allowlist", "ip_allowlist",
    ]

    mutating func with(_ change: (inout MergeReport) -> Void) { change(&report) }

    /// The merged value; nil for none.
    ///
    /// - Parameters:
    ///   - base: what was imported last.
    ///   - theirs: what the source has now.
    ///   - mine: what the user has now.
    mutating func merge(_ base: JSON?, _ theirs: JSON?, _ mine: JSON?, at pointer: JSONPointer) -> JSON? {
        if theirs == base || theirs == mine {
            // What both did in the same way is nobody's to be asked about.
            if theirs == base { note(.user, base, mine, at: pointer) }
            return mine
        }
        if mine == base {
            note(.source, base, theirs, at: pointer)
            return theirs
        }
        if case .object(let theirs)? = theirs, case .object(let mine)? = mine, pointer.tokens.count < Self.deepest {
            return .object(mergeMembers(base?.object ?? [:], theirs, mine, at: pointer))
        }
        if case .array(let theirs)? = theirs, case .array(let mine)? = mine, let key = pointer.tokens.last {
            if key == "parameters" { return mergeParameters(base?.array ?? [], theirs, mine, at: pointer) }
            if Self.sets.contains(key), (theirs + mine).allSatisfy(Self.isScalar) {
                return mergeSet(base?.array ?? [], theirs, mine, at: pointer)
            }
        }
        report.addConflict(pointer, theirs: theirs, mine: mine, Self.message(theirs, mine))
        return mine
    }

    /// In the user's order, what is new last.
    mutating func mergeMembers(
        _ base: JSONObject, _ theirs: JSONObject, _ mine: JSONObject, at pointer: JSONPointer
    ) -> JSONObject {
        var result = JSONObject()
        for key in mine.keys + theirs.keys.filter({ mine[$0] == nil }) {
            result[key] = merge(base[key], theirs[key], mine[key], at: pointer.appending(key))
        }
        return result
    }

    private static func message(_ theirs: JSON?, _ mine: JSON?) -> String {
        if theirs == nil { return "the source removed it, and you changed it: yours is kept" }
        if mine == nil { return "you removed it, and the source changed it: it stays removed" }
        return "you and the source changed it: yours is kept"
    }

    private static func isScalar(_ value: JSON) -> Bool {
        switch value {
        case .array, .object: false
        case .null, .bool, .number, .string: true
        }
    }

    private mutating func mergeSet(
        _ base: [JSON], _ theirs: [JSON], _ mine: [JSON], at pointer: JSONPointer
    ) -> JSON {
        let (old, new, own) = (Set(base), Set(theirs), Set(mine))
        let result =
            mine.filter { !old.contains($0) || new.contains($0) }
            + theirs.filter { !old.contains($0) && !own.contains($0) }
        note(.source, .array(base), .array(theirs), at: pointer)
        note(.user, .array(base), .array(mine), at: pointer)
        return .array(result)
    }

    /// Parameters are the same where their place and name are.
    private mutating func mergeParameters(
        _ base: [JSON], _ theirs: [JSON], _ mine: [JSON], at pointer: JSONPointer
    ) -> JSON {
        guard let old = Self.byKey(base), let new = Self.byKey(theirs), let own = Self.byKey(mine) else {
            report.addConflict(pointer, theirs: .array(theirs), mine: .array(mine), Self.message(.null, .null))
            return .array(mine)
        }
        var result: [JSON] = []
        for key in own.keys + new.keys.filter({ own[$0] == nil }) {
            let name = (own[key] ?? new[key])?["name"]?.string ?? key
            if let merged = merge(old[key], new[key], own[key], at: pointer.appending(name)) { result.append(merged) }
        }
        return .array(result)
    }

    private static func byKey(_ parameters: [JSON]) -> JSONObject? {
        var object = JSONObject()
        for parameter in parameters {
            guard let name = parameter["name"]?.string,
                object.add("\(parameter["in"]?.string ?? "query") \(name)", parameter) == nil
            else { return nil }
        }
        return object
    }

    /// Lists what one side changed, by the smallest places.
    mutating func note(_ side: MergeReport.Side, _ old: JSON?, _ new: JSON?, at pointer: JSONPointer) {
        guard old != new, !report.isCut else { return }
        if case .object(let old)? = old, case .object(let new)? = new, pointer.tokens.count < Self.deepest {
            for key in new.keys { note(side, old[key], new[key], at: pointer.appending(key)) }
            for key in old.keys where new[key] == nil { note(side, old[key], nil, at: pointer.appending(key)) }
            return
        }
        if pointer.tokens.last == "parameters", let old = old?.array.flatMap(Self.byKey),
            let new = new?.array.flatMap(Self.byKey)
        {
            let keys = new.keys + old.keys.filter { new[$0] == nil }
            for key in keys {
                let name = (new[key] ?? old[key])?["name"]?.string ?? key
                note(side, old[key], new[key], at: pointer.appending(name))
            }
            return
        }
        report.add(side, pointer, old: old, new: new)
    }
}
