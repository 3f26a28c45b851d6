import Value

/// Composes the events of one document into a value, within limits.
struct Composer {
    private let events: EventStream
    private let limits: YAMLLimits
    private var nodes = 0
    private var aliasedNodes = 0
    private var aliasedBytes = 0
    private var anchors: [String: Node] = [:]
    private var openAnchors: Set<String> = []
    private var repeatedKeys: [Document.RepeatedKey] = []

    init(_ events: EventStream, limits: YAMLLimits) {
        self.events = events
        self.limits = limits
    }

    mutating func document() throws(YAMLError) -> Document {
        _ = try events.next()
        let first = try events.next()
        guard case .documentStart = first.kind else {
            return Document(root: .null, positions: PositionTree(value: Position(line: 1, column: 1)))
        }
        let root = try node(try events.next(), depth: 0)
        _ = try events.next()
        let last = try events.next()
        guard case .streamEnd = last.kind else {
            throw YAMLError("a second document begins here; one is allowed", at: last.position)
        }
        return Document(root: root.value, positions: root.positions, repeatedKeys: repeatedKeys)
    }

    private mutating func node(_ event: Event, depth: Int) throws(YAMLError) -> Node {
        if case .alias(let name) = event.kind { return try alias(name, event.position, depth: depth) }
        if let anchor = event.anchor { openAnchors.insert(anchor) }
        nodes += 1
        try checkNodes(event.position)
        let node =
            switch event.kind {
            case .scalar(let scalar): try self.scalar(scalar, event)
            case .sequenceStart: try sequence(event, depth: depth)
            case .mappingStart: try mapping(event, depth: depth)
            default: throw YAMLError("a value is missing", at: event.position)
            }
        if let anchor = event.anchor {
            openAnchors.remove(anchor)
            anchors[anchor] = node
        }
        return node
    }

    private mutating func alias(_ name: String, _ position: Position, depth: Int) throws(YAMLError) -> Node {
        guard !openAnchors.contains(name) else {
            throw YAMLError("the alias *\(name) stands inside the value it names", at: position)
        }
        guard let node = anchors[name] else {
            throw YAMLError("the alias *\(name) names no anchor that stands before it", at: position)
        }
        nodes += node.nodes
        aliasedNodes += node.nodes
        aliasedBytes += node.bytes
        try checkNodes(position)
        guard aliasedNodes <= limits.aliasedNodes, aliasedBytes <= limits.aliasedBytes else {
            throw YAMLError(
                "the aliases expand to more than \(limits.aliasedNodes) values or \(limits.aliasedBytes) bytes",
                at: position)
        }
        try checkDepth(depth + node.height, position)
        return node
    }

    private func checkNodes(_ position: Position) throws(YAMLError) {
        guard nodes <= limits.nodes else {
            throw YAMLError("the document has more than \(limits.nodes) values", at: position)
        }
    }

    private func checkDepth(_ depth: Int, _ position: Position) throws(YAMLError) {
        guard depth <= limits.depth else {
            throw YAMLError("more than \(limits.depth) levels are nested", at: position)
        }
    }

    private func scalar(_ scalar: Event.Scalar, _ event: Event) throws(YAMLError) -> Node {
        Node(
            value: try Tag.resolve(scalar, tag: event.tag, at: event.position),
            positions: PositionTree(value: event.position), text: scalar.text,
            isMergeKey: scalar.isPlain && scalar.text == "<<" && event.tag == nil, bytes: scalar.text.utf8.count)
    }

    private mutating func sequence(_ event: Event, depth: Int) throws(YAMLError) -> Node {
        try checkDepth(depth + 1, event.position)
        try Tag.check(event.tag, is: Tag.sequence, at: event.position)
        var elements: [JSON] = []
        var result = Node(value: .null, positions: PositionTree(value: event.position), height: 1)
        while true {
            let next = try events.next()
            if case .sequenceEnd = next.kind { break }
            let element = try node(next, depth: depth + 1)
            elements.append(element.value)
            result.positions.children.append(element.positions)
            result.count(element)
        }
        result.value = .array(elements)
        return result
    }

    private mutating func mapping(_ event: Event, depth: Int) throws(YAMLError) -> Node {
        try checkDepth(depth + 1, event.position)
        try Tag.check(event.tag, is: Tag.mapping, at: event.position)
        var object = JSONObject()
        var merged: Node?
        var result = Node(value: .null, positions: PositionTree(value: event.position), height: 1)
        while true {
            let next = try events.next()
            if case .mappingEnd = next.kind { break }
            let (key, isMergeKey) = try self.key(next)
            var member = try node(try events.next(), depth: depth + 1)
            result.count(member)
            if isMergeKey {
                guard merged == nil else { throw Self.duplicate(key, at: next.position, first: nil) }
                merged = member
                merged?.positions.key = next.position
                continue
            }
            member.positions.key = next.position
            if let first = object.add(key, member.value) {
                guard limits.acceptsRepeatedKeys else {
                    throw Self.duplicate(key, at: next.position, first: result.positions.children[first].key)
                }
                object[key] = member.value
                result.positions.children[first] = member.positions
                repeatedKeys.append(Document.RepeatedKey(key: key, position: next.position))
            } else {
                result.positions.children.append(member.positions)
            }
            result.bytes += key.utf8.count
        }
        if let merged { try Merge.add(merged, to: &object, &result.positions) }
        result.value = .object(object)
        return result
    }

    /// The text of a key, and whether it is the merge key.
    private mutating func key(_ event: Event) throws(YAMLError) -> (text: String, isMergeKey: Bool) {
        switch event.kind {
        case .scalar, .alias: break
        default: throw YAMLError("a key must be a scalar, not a sequence or a mapping", at: event.position)
        }
        let node = try node(event, depth: 0)
        guard let text = node.text else {
            throw YAMLError("a key must be a scalar; this alias names a sequence or a mapping", at: event.position)
        }
        if case .scalar(let scalar) = event.kind, scalar.isPlain, text.isEmpty {
            throw YAMLError("a key is missing before the colon", at: event.position)
        }
        return (text, node.isMergeKey)
    }

    private static func duplicate(_ key: String, at position: Position, first: Position?) -> YAMLError {
        let suffix = first.map { "; it stands first at \($0)" } ?? ""
        return YAMLError("the key \(key.quotedForMessage) stands twice in one mapping\(suffix)", at: position)
    }
}

extension Node {
    fileprivate mutating func count(_ part: Node) {
        nodes += part.nodes
        bytes += part.bytes
        height = max(height, part.height + 1)
    }
}
