/// Finds schemas that apply themselves to the same value unconditionally: through `$ref` and `allOf` alone.
struct CycleSearch {
    private enum Mark { case unseen, open, done }

    private let tables: Tables
    private var marks: [Mark]
    private var found: [Index] = []

    init(tables: Tables) {
        self.tables = tables
        marks = Array(repeating: .unseen, count: tables.nodes.count)
    }

    /// One node of each cycle.
    mutating func run() -> [Index] {
        for node in tables.nodes.indices where marks[node] == .unseen { search(Index(node)) }
        return found
    }

    /// Depth first, with a list for a stack, since chains of references may be long.
    private mutating func search(_ root: Index) {
        var path: [(node: Index, targets: [Index])] = [(root, targets(root))]
        marks[Int(root)] = .open
        while let last = path.indices.last {
            guard let next = path[last].targets.popLast() else {
                marks[Int(path.removeLast().node)] = .done
                continue
            }
            switch marks[Int(next)] {
            case .unseen:
                marks[Int(next)] = .open
                path.append((next, targets(next)))
            case .open: found.append(next)
            case .done: break
            }
        }
    }

    private func targets(_ node: Index) -> [Index] {
        tables.nodes[Int(node)].steps.indices.flatMap { place -> [Index] in
            switch tables.steps[place] {
            case .reference(let target): [target]
            case .all(let branches): branches.indices.map { tables.branches[$0] }
            default: []
            }
        }
    }
}
