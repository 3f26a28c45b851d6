import Value

/// Finds the same endpoint in two definitions: by method and path, whatever the path's parameters are called, and then
/// by name.
struct EndpointMatching {
    /// For each endpoint of the first list, the offset in the second; nil for none.
    private(set) var pairs: [Int?]

    init(_ first: [JSON], _ second: [JSON]) {
        pairs = Array(repeating: nil, count: first.count)
        var taken: Set<Int> = []
        let keys: [(JSON) -> String?] = [
            { endpoint in Self.route(endpoint, erasing: false).map { "\($0) \(Self.name(endpoint) ?? "")" } },
            { Self.route($0, erasing: false) }, { Self.route($0, erasing: true) }, Self.name,
        ]
        for key in keys {
            var offsets: [String: [Int]] = [:]
            for (offset, endpoint) in second.enumerated().reversed() where !taken.contains(offset) {
                if let key = key(endpoint) { offsets[key, default: []].append(offset) }
            }
            for (offset, endpoint) in first.enumerated() where pairs[offset] == nil {
                guard let key = key(endpoint), let match = offsets[key]?.popLast() else { continue }
                pairs[offset] = match
                taken.insert(match)
            }
        }
    }

    static func name(_ endpoint: JSON) -> String? { endpoint["name"]?.string }

    /// Method and path; `{}` for each parameter of the path where these are erased.
    private static func route(_ endpoint: JSON, erasing: Bool) -> String? {
        guard let method = endpoint["method"]?.string, let path = endpoint["path"]?.string else { return nil }
        var text = method.uppercased() + " "
        var isInside = false
        for character in path {
            if character == "}" { isInside = false }
            if !isInside || !erasing { text.append(character) }
            if character == "{" { isInside = true }
        }
        return text
    }
}
