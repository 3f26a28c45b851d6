package import Value

/// What a merge did, for a person to read.
package struct MergeReport: Sendable {
    /// Who made a change.
    package enum Side: String, Sendable {
        case source, user
    }

    /// One difference from what was imported last.
    package struct Change: Sendable, Hashable {
        /// Whose it is. What the user changed is listed too: it was kept.
        package var side: Side
        /// The place in the definition, endpoints and parameters by their names.
        package var pointer: JSONPointer
        /// Nil for what is new.
        package var old: JSON?
        /// Nil for what is gone.
        package var new: JSON?
    }

    /// One place that both changed, and differently. The user's stands.
    package struct Conflict: Sendable, Hashable {
        package var pointer: JSONPointer
        /// What the source would have; nil where it has nothing.
        package var theirs: JSON?
        /// What stands; nil where the user removed it.
        package var mine: JSON?
        package var message: String
    }

    package internal(set) var changes: [Change] = []
    package internal(set) var conflicts: [Conflict] = []
    /// Names of endpoints that the source has and the user removed.
    package internal(set) var stillInSource: [String] = []
    /// Whether there were more changes than are listed.
    package internal(set) var isCut = false

    static let most = 10_000

    mutating func add(_ side: Side, _ pointer: JSONPointer, old: JSON?, new: JSON?) {
        guard changes.count < Self.most else {
            isCut = true
            return
        }
        changes.append(Change(side: side, pointer: pointer, old: old, new: new))
    }

    mutating func addConflict(_ pointer: JSONPointer, theirs: JSON?, mine: JSON?, _ message: String) {
        guard conflicts.count < Self.most else {
            isCut = true
            return
        }
        conflicts.append(Conflict(pointer: pointer, theirs: theirs, mine: mine, message: message))
    }
}

extension MergeReport {
    private static let longest = 60

    /// One line each: `+ /endpoints/get_order (source)`, `! /connection/timeout_ms: …`.
    package var lines: [String] {
        var lines = changes.map { change in
            switch (change.old, change.new) {
            case (nil, let new): "+ \(change.pointer): \(Self.short(new)) (\(change.side.rawValue))"
            case (let old, nil): "- \(change.pointer): \(Self.short(old)) (\(change.side.rawValue))"
            case (let old, let new):
                "~ \(change.pointer): \(Self.short(old)) → \(Self.short(new)) (\(change.side.rawValue))"
            }
        }
        lines += conflicts.map { "! \($0.pointer): \($0.message)" }
        lines += stillInSource.map {
            "= \(JSONPointer(["endpoints", $0])): you removed it, and the source still has it"
        }
        if isCut { lines.append("… and more") }
        return lines
    }

    /// The report for programs.
    package var json: JSON {
        let changes = changes.map { change -> JSON in
            var object: JSONObject = [
                "by": .string(change.side.rawValue), "pointer": .string(change.pointer.description),
                "kind": change.old == nil ? "added" : change.new == nil ? "removed" : "changed",
            ]
            object["from"] = change.old
            object["to"] = change.new
            return .object(object)
        }
        let conflicts = conflicts.map { conflict -> JSON in
            var object: JSONObject = [
                "pointer": .string(conflict.pointer.description), "message": .string(conflict.message),
            ]
            object["source"] = conflict.theirs
            object["kept"] = conflict.mine
            return .object(object)
        }
        return .object([
            "changes": .array(changes), "conflicts": .array(conflicts),
            "removed_by_user": .array(stillInSource.map(JSON.string)),
        ])
    }

    private static func short(_ value: JSON?) -> String {
        switch value {
        case nil: ""
        case .object(let object)?: "{\(object.count) \(object.count == 1 ? "member" : "members")}"
        case .array(let elements)? where elements.count > 3: "[\(elements.count) elements]"
        case let value?:
            value.text().count <= longest ? value.text() : String(value.text().prefix(longest)) + "…"
        }
    }
}
