import Value

/// One validation. Walks the program with nothing but indices and, as long as the value is valid, without allocating;
/// the path to a violation is put together on the way back from it.
struct Machine {
    /// A violation whose path is still missing its beginning.
    private struct Draft {
        var path: [String] = []
        let node: Index
        let keyword: String
        let message: String
    }

    let rows: Rows
    let direction: Schema.Direction
    let tolerance: Schema.Tolerance
    /// How many violations are wanted; none means that the first ends the work.
    private let limit: Int
    private var drafts: [Draft] = []
    /// Whether violations are written down; not inside of `not` and its like.
    var isCollecting: Bool
    /// Set once the work, depth or a pattern's steps are used up; the answer is then "not valid" whatever comes after.
    private(set) var isExhausted = false
    private var work: Int
    private var depth: Int
    /// What a pattern's second try takes from the work: its steps are smaller than the machine's.
    let patternCharge: Int
    /// Whether there are dynamic references, for which alone the scope is kept.
    private let isDynamic: Bool
    /// Resources entered and not yet left, outermost first.
    var scope: [Index] = []
    var marks = MarkStack()
    let matchData: MatchData?

    init(
        rows: Rows, limits: Schema.Limits, isDynamic: Bool, direction: Schema.Direction,
        tolerance: Schema.Tolerance, limit: Int, matchData: MatchData?
    ) {
        self.rows = rows
        self.isDynamic = isDynamic
        self.direction = direction
        self.tolerance = tolerance
        self.limit = limit
        self.matchData = matchData
        isCollecting = limit > 0
        work = limits.work
        depth = limits.depth
        patternCharge = limits.patternSteps / 8
    }

    /// Whether nothing more need be found out.
    var isDone: Bool { isExhausted || (isCollecting ? drafts.count >= limit : false) }

    /// Takes from the work that is left; false when there is none.
    @inline(__always)
    mutating func spend(_ steps: Int) -> Bool {
        work &-= steps
        if work < 0 { isExhausted = true }
        return work >= 0
    }

    mutating func exhaust() {
        isExhausted = true
    }

    /// Applies the schema `index` to `value`, and notes in `area` which parts of the value it looked at.
    @inline(__always)
    mutating func evaluate(_ index: Index, _ value: JSON, _ area: MarkArea) -> Bool {
        let node = rows.nodes + Int(index)
        guard node.pointee.isLeaf else { return descend(index, value, area) }
        return spend(1) && (node.pointee.types.admit(value) || failType(index))
    }

    @inline(never)
    private mutating func descend(_ start: Index, _ value: JSON, _ area: MarkArea) -> Bool {
        var index = start
        // Nothing but a reference; there are no cycles of these.
        while rows.nodes[Int(index)].target >= 0, spend(1) { index = rows.nodes[Int(index)].target }
        guard spend(1), depth > 0 else {
            isExhausted = true
            return false
        }
        depth -= 1
        defer { depth += 1 }
        let isEntering = isDynamic && rows.nodes[Int(index)].resource != scope.last
        if isEntering { scope.append(rows.nodes[Int(index)].resource) }
        defer { if isEntering { scope.removeLast() } }
        return apply(index, value, area)
    }

    @inline(__always)
    private mutating func apply(_ index: Index, _ value: JSON, _ area: MarkArea) -> Bool {
        let node = rows.nodes + Int(index)
        var isValid = true
        var inner = area
        let tracks = node.pointee.unevaluatedItems >= 0 || node.pointee.unevaluatedProperties >= 0
        switch value {
        case .null:
            if node.pointee.admitsNull { return true }
            if !node.pointee.types.contains(.null) { return failType(index) }
        case .bool:
            if !node.pointee.types.contains(.boolean) { return failType(index) }
        case .number(let number):
            if !node.pointee.types.admit(number) { return failType(index) }
            if node.pointee.numbers >= 0 { isValid = check(number, node.pointee.numbers, index) }
        case .string(let string):
            if !node.pointee.types.contains(.string) { return failType(index) }
            if node.pointee.strings >= 0 { isValid = check(string, node.pointee.strings, index) }
        case .array(let elements):
            if !node.pointee.types.contains(.array) { return failType(index) }
            if tracks { inner = marks.push(elements.count) }
            if node.pointee.arrays >= 0 { isValid = check(elements, node.pointee.arrays, index, inner) }
        case .object(let object):
            if !node.pointee.types.contains(.object) { return failType(index) }
            if tracks { inner = marks.push(object.count) }
            if node.pointee.objects >= 0 { isValid = check(object, node.pointee.objects, index, inner) }
        }
        if node.pointee.values >= 0, isValid || isCollecting {
            isValid = check(value, node.pointee.values, index) && isValid
        }
        for place in node.pointee.steps.indices where isValid || isCollecting {
            isValid = take(rows.steps[place], value, index, inner) && isValid
        }
        if tracks {
            if isValid { isValid = checkUnevaluated(value, node.pointee, index, inner) }
            marks.pop(inner, into: isValid ? area : .none)
        }
        return isValid
    }

    @inline(never)
    private mutating func failType(_ index: Index) -> Bool {
        let node = rows.nodes[Int(index)]
        if node.isNever { return fail(index, "false", "nothing is allowed here") }
        return fail(index, "type", "must be \(node.types.phrase)")
    }

    /// Writes a violation down, when they are wanted; always false. Never inlined, which keeps it out of the way of
    /// values that are valid.
    @inline(never)
    mutating func fail(_ node: Index, _ keyword: String, _ message: @autoclosure () -> String) -> Bool {
        if isCollecting, drafts.count < limit {
            drafts.append(Draft(node: node, keyword: keyword, message: message()))
        }
        return false
    }

    /// How many violations there are, to be handed to `lead`.
    var draftCount: Int { drafts.count }

    /// Completes by one step the paths of the violations found since there were `first`.
    mutating func lead(_ first: Int, through token: @autoclosure () -> String) {
        guard drafts.count > first else { return }
        let token = token()
        for place in first..<drafts.count { drafts[place].path.append(token) }
    }

    /// The violations found; when the work ran out, that as the last.
    func report() -> [Violation] {
        var violations = drafts.map { draft in
            let place = rows.places[Int(draft.node)]
            let keyword = draft.keyword == "false" ? place.pointer : place.pointer.appending(draft.keyword)
            return Violation(
                pointer: JSONPointer(draft.path.reversed()), schema: "\(place.document)#\(keyword)",
                keyword: draft.keyword, message: draft.message)
        }
        if isExhausted {
            let place = rows.places[0]
            violations.append(
                Violation(
                    pointer: .root, schema: "\(place.document)#\(place.pointer)", keyword: "limit",
                    message: "checking the value takes more work than is allowed"))
        }
        return violations
    }
}
