import EgressPolicy

/// Names of arguments, where parameters in different places have the same name.
enum ArgumentNames {
    /// Of parameters that share a name, the one in the path keeps it, then the first; the others carry their place.
    ///
    /// - Parameter hasBody: whether `body` may be the name of the whole body.
    static func assign(_ parameters: inout [ImportedParameter], hasBody: Bool) {
        var taken: Set<String> = hasBody ? ["body"] : []
        var headers: Set<String> = []
        parameters.removeAll { $0.location == .header && !headers.insert($0.name.lowercased()).inserted }
        let inPath = parameters.indices.filter { parameters[$0].location == .path }
        let others = parameters.indices.filter { parameters[$0].location != .path }
        for index in inPath + others {
            let name = parameters[index].name
            var candidate = name
            var number = 1
            while !taken.insert(candidate).inserted {
                candidate = "\(name)_\(parameters[index].location.rawValue)" + (number > 1 ? "_\(number)" : "")
                number += 1
            }
            parameters[index].argument = candidate
        }
    }
}
