import CPCRE2
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

    let nodes: UnsafeBufferPointer<Node>
    let objects: UnsafeBufferPointer<ObjectRules>
    let program: Program
    let direction: Schema.Direction
    /// How many violations are wanted; none means that the first ends the work.
    private let limit: Int
    private var drafts: [Draft] = []
    /// Whether violations are written down; not inside of `not` and its like.
    var isCollecting: Bool
    /// Set once the work, depth or a pattern's steps are used up; the answer is then "not valid" whatever comes after.
    private(set) var isExhausted = false
    private var work: Int
    private var depth: Int
    /// Resources entered and not yet left, outermost first; kept for dynamic references only.
    var scope: [Index] = []
    var marks = MarkStack()
    var matchData: MatchData?

    init(
        nodes: UnsafeBufferPointer<Node>, objects: UnsafeBufferPointer<ObjectRules>, program: Program,
        direction: Schema.Direction, limit: Int
    ) {
        self.nodes = nodes
        self.objects = objects
        self.program = program
        self.direction = direction
        self.limit = limit
        isCollecting = limit > 0
        work = program.limits.work
        depth = program.limits.depth
    }

    var tables: Tables { program.tables }

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
    mutating func evaluate(_ index: Index, _ value: JSON, _ area: MarkArea) -> Bool {
        guard spend(1), depth > 0 else {
            isExhausted = true
            return false
        }
        depth -= 1
        defer { depth += 1 }
        guard program.isDynamic, nodes[Int(index)].resource != scope.last else { return apply(index, value, area) }
        scope.append(nodes[Int(index)].resource)
        defer { scope.removeLast() }
        return apply(index, value, area)
    }

    private mutating func apply(_ index: Index, _ value: JSON, _ area: MarkArea) -> Bool {
        let node = nodes[Int(index)]
        var isValid = true
        var inner = area
        let tracks = node.unevaluatedItems >= 0 || node.unevaluatedProperties >= 0
        switch value {
        case .null:
            if node.admitsNull { return true }
            if !node.types.contains(.null) { return failType(index) }
        case .bool:
            if !node.types.contains(.boolean) { return failType(index) }
        case .number(let number):
            if !admits(number, node.types) { return failType(index) }
            if node.numbers >= 0 { isValid = check(number, node.numbers, index) }
        case .string(let string):
            if !node.types.contains(.string) { return failType(index) }
            if node.strings >= 0 { isValid = check(string, node.strings, index) }
        case .array(let elements):
            if !node.types.contains(.array) { return failType(index) }
            if tracks { inner = marks.push(elements.count) }
            if node.arrays >= 0 { isValid = check(elements, node.arrays, index, inner) }
        case .object(let object):
            if !node.types.contains(.object) { return failType(index) }
            if tracks { inner = marks.push(object.count) }
            if node.objects >= 0 { isValid = check(object, node.objects, index, inner) }
        }
        if node.values >= 0, isValid || isCollecting { isValid = check(value, node.values, index) && isValid }
        for place in node.steps.indices where isValid || isCollecting {
            isValid = take(tables.steps[place], value, index, inner) && isValid
        }
        if tracks {
            if isValid { isValid = checkUnevaluated(value, node, index, inner) }
            marks.pop(inner, into: isValid ? area : .none)
        }
        return isValid
    }

    private mutating func failType(_ index: Index) -> Bool {
        let node = nodes[Int(index)]
        if node.isNever { return fail(index, "false", "nothing is allowed here") }
        return fail(index, "type", "must be \(node.types.phrase)")
    }

    /// Writes a violation down, when they are wanted; always false.
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
            let place = tables.places[Int(draft.node)]
            let keyword = draft.keyword == "false" ? place.pointer : place.pointer.appending(draft.keyword)
            return Violation(
                pointer: JSONPointer(draft.path.reversed()), schema: "\(place.document)#\(keyword)",
                keyword: draft.keyword, message: draft.message)
        }
        if isExhausted {
            let place = tables.places[0]
            violations.append(
                Violation(
                    pointer: .root, schema: "\(place.document)#\(place.pointer)", keyword: "limit",
                    message: "checking the value takes more work than is allowed"))
        }
        return violations
    }
}
