import Value

/// Merges three lists of endpoints.
struct EndpointMerge {
    /// One endpoint as all three have it.
    private struct Triple {
        var base: JSON?
        var theirs: JSON?
        var mine: JSON?
    }

    private let base: [JSON]
    private let theirs: [JSON]
    private let mine: [JSON]
    /// What else of the user's may refer to endpoints.
    private let shared: JSON?
    /// Which endpoint each of the three lists has at an offset.
    private var identities: Identities = ([], [], [])
    /// Where each of them stands in the result.
    private var places: [String: String] = [:]
    private(set) var result: [JSON] = []

    init(base: [JSON], theirs: [JSON], mine: [JSON], shared: JSON?) {
        self.shared = shared
        self.base = base
        self.theirs = theirs
        self.mine = mine
    }

    mutating func run(_ merge: inout ValueMerge) {
        let triples: [Offsets]
        (triples, identities) = match()
        let (base, theirs, mine) = (
            base.map { named($0, \.base) }, theirs.map { named($0, \.theirs) }, mine.map { named($0, \.mine) }
        )
        var kept: [(identity: Int, endpoint: JSON)] = []
        let needed = Self.needed(mine + [shared.map { named($0, \.mine) }].compactMap { $0 })
        for (identity, offsets) in triples.enumerated() {
            let triple = Triple(
                base: offsets.base.map { base[$0] }, theirs: offsets.theirs.map { theirs[$0] },
                mine: offsets.mine.map { mine[$0] })
            if let endpoint = Self.merge(triple, isNeeded: needed.contains(identity), &merge) {
                kept.append((identity, endpoint))
            }
        }
        places = Dictionary(uniqueKeysWithValues: kept.enumerated().map { ("@\($1.identity)", String($0)) })
        result = Self.unique(kept.map { placed($0.endpoint) }, &merge)
    }

    /// The value with what its references mean in place of numbers that count one of the lists.
    func named(_ value: JSON, _ list: KeyPath<Identities, [Int]>) -> JSON {
        let ids = identities[keyPath: list]
        return EndpointReferences.renumber(value) { text in
            Int(text).flatMap { ids.indices.contains($0) ? "@\(ids[$0])" : nil }
        }
    }

    /// The value with numbers that count the result.
    func placed(_ value: JSON) -> JSON { EndpointReferences.renumber(value) { places[$0] } }

    /// Which endpoints others refer to.
    private static func needed(_ endpoints: [JSON]) -> Set<Int> {
        var needed: Set<Int> = []
        for endpoint in endpoints {
            _ = EndpointReferences.renumber(endpoint) { text in
                if text.hasPrefix("@"), let identity = Int(text.dropFirst()) { needed.insert(identity) }
                return nil
            }
        }
        return needed
    }

    private typealias Offsets = (base: Int?, theirs: Int?, mine: Int?)
    typealias Identities = (base: [Int], theirs: [Int], mine: [Int])

    /// The user's endpoints in their order, then the source's new ones, then what neither or only the source still has.
    private func match() -> ([Offsets], Identities) {
        let toMine = EndpointMatching(base, mine).pairs
        let toTheirs = EndpointMatching(base, theirs).pairs
        var triples: [Offsets] = mine.indices.map { (nil, nil, $0) }
        for (offset, place) in toMine.enumerated() {
            if let place { triples[place].base = offset }
        }
        for index in triples.indices { triples[index].theirs = triples[index].base.flatMap { toTheirs[$0] } }
        // Both may have added the same one.
        let ownNew = triples.indices.filter { triples[$0].base == nil }
        let known = Set(toTheirs.compactMap { $0 })
        let theirNew = theirs.indices.filter { !known.contains($0) }
        let both = EndpointMatching(ownNew.map { mine[$0] }, theirNew.map { theirs[$0] }).pairs
        for (offset, place) in both.enumerated() {
            if let place { triples[ownNew[offset]].theirs = theirNew[place] }
        }
        let taken = Set(both.compactMap { $0 }.map { theirNew[$0] })
        for offset in theirNew where !taken.contains(offset) { triples.append((nil, offset, nil)) }
        for (offset, place) in toMine.enumerated() where place == nil {
            triples.append((offset, toTheirs[offset], nil))
        }
        var identities: Identities = (
            Array(repeating: -1, count: base.count), Array(repeating: -1, count: theirs.count),
            Array(repeating: -1, count: mine.count)
        )
        for (identity, triple) in triples.enumerated() {
            if let offset = triple.base { identities.base[offset] = identity }
            if let offset = triple.theirs { identities.theirs[offset] = identity }
            if let offset = triple.mine { identities.mine[offset] = identity }
        }
        return (triples, identities)
    }

    private static func merge(_ triple: Triple, isNeeded: Bool, _ merge: inout ValueMerge) -> JSON? {
        let name = [triple.mine, triple.theirs, triple.base].compactMap { $0?["name"]?.string }.first ?? ""
        let place = JSONPointer(["endpoints", name])
        switch (triple.base, triple.theirs, triple.mine) {
        case (_, let theirs?, let mine?): return merge.merge(triple.base, theirs, mine, at: place)
        case (nil, let theirs?, nil):
            merge.note(.source, nil, theirs, at: place)
            return theirs
        case (nil, nil, let mine?):
            merge.note(.user, nil, mine, at: place)
            return mine
        case (let base?, nil, let mine?):
            if base == mine, !isNeeded {
                merge.note(.source, base, nil, at: place)
                return nil
            }
            let reason = base == mine ? "others of yours refer to it" : "you changed it"
            merge.with {
                $0.addConflict(place, theirs: nil, mine: mine, "the source removed it, but \(reason): it is kept")
            }
            return mine
        case (_?, _?, nil):
            merge.with { $0.stillInSource.append(name) }
            return nil
        case (_, nil, nil): return nil
        }
    }

    /// A name that the source gives anew may be one that the user has given to another endpoint.
    private static func unique(_ endpoints: [JSON], _ merge: inout ValueMerge) -> [JSON] {
        var taken: Set<String> = []
        var rounds: [String: Int] = [:]
        let wanted = Set(endpoints.compactMap { $0["name"]?.string })
        return endpoints.map { endpoint in
            guard var object = endpoint.object, let name = object["name"]?.string, !taken.insert(name).inserted else {
                return endpoint
            }
            var round = rounds[name] ?? 2
            var other = name
            repeat {
                let ending = "_\(round)"
                other =
                    String(decoding: name.utf8.prefix(EndpointNames.longest - ending.utf8.count), as: UTF8.self)
                    + ending
                round += 1
            } while taken.contains(other) || wanted.contains(other)
            taken.insert(other)
            rounds[name] = round
            object["name"] = .string(other)
            merge.with {
                $0.addConflict(
                    JSONPointer(["endpoints", other, "name"]), theirs: .string(name), mine: .string(other),
                    "another endpoint has this name already")
            }
            return .object(object)
        }
    }
}
