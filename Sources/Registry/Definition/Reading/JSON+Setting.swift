import Value

extension JSON {
    /// The value with another one put at a place, or taken away from it. What is missing on the way becomes an object.
    func setting(_ value: JSON?, at tokens: ArraySlice<String>) -> JSON {
        guard let token = tokens.first else { return value ?? .null }
        if var list = array, let index = Int(token), list.indices.contains(index) {
            list[index] = list[index].setting(value, at: tokens.dropFirst())
            return .array(list)
        }
        var object = object ?? [:]
        if tokens.count == 1 {
            object[token] = value
        } else {
            object[token] = (object[token] ?? .null).setting(value, at: tokens.dropFirst())
        }
        return .object(object)
    }
}
