extension JSON {
    /// The value with a JSON Merge Patch applied (RFC 7396): members of the patch replace those of the value, null removes
    /// one, and anything but an object replaces the whole.
    package func merging(patch: JSON) -> JSON {
        guard let changes = patch.object else { return patch }
        var result = object ?? JSONObject()
        for (key, change) in changes {
            if change.isNull {
                result[key] = .none
            } else {
                result[key] = (result[key] ?? .null).merging(patch: change)
            }
        }
        return .object(result)
    }
}
