package import Value

/// What is wrong with a member of a request for a discovery.
package struct DiscoveryOptionFault: Error, Sendable, Hashable {
    package var pointer: JSONPointer
    package var message: String
}

extension DiscoveryOptions {
    /// The members that ``init(_:)`` reads; others belong to whoever reads the request.
    package static let members = [
        "samples", "observed", "follow_links", "reach", "allow_introspection_post", "requests", "deadline_s",
    ]

    /// Reads the options that `POST /v1/apis:discover` takes. What is absent or null keeps its default.
    ///
    /// - Throws: ``DiscoveryOptionFault`` with the first that is wrong.
    package init(_ body: JSONObject) throws(DiscoveryOptionFault) {
        self.init()
        if let value = Self.value("samples", body) {
            guard let list = value.array, list.count <= 64, list.allSatisfy({ $0.string != nil }) else {
                throw Self.fault("samples", "This must be a list of at most 64 paths, such as /customers/42.")
            }
            samples = list.compactMap(\.string)
        }
        if let value = Self.value("observed", body) {
            guard let calls = ObservedCalls(json: value) else {
                throw Self.fault("observed", "This must be a list of objects with method, path and calls.")
            }
            observed = calls
        }
        if let flag = try Self.flag("follow_links", body) { followsLinks = flag }
        if let flag = try Self.flag("allow_introspection_post", body) { allowsIntrospectionPost = flag }
        if let value = Self.value("reach", body) {
            guard let reach = value.string.flatMap(Reach.init) else {
                throw Self.fault("reach", "This must be \"origin\" or \"site\".")
            }
            self.reach = reach
        }
        if let number = try Self.number("requests", 1...200, body) { requests = number }
        if let number = try Self.number("deadline_s", 1...600, body) { deadline = .seconds(number) }
    }

    private static func value(_ member: String, _ body: JSONObject) -> JSON? {
        guard let value = body[member], !value.isNull else { return Optional.none }
        return value
    }

    private static func flag(_ member: String, _ body: JSONObject) throws(DiscoveryOptionFault) -> Bool? {
        guard let value = value(member, body) else { return nil }
        guard let flag = value.bool else { throw fault(member, "This must be true or false.") }
        return flag
    }

    private static func number(
        _ member: String, _ range: ClosedRange<Int>, _ body: JSONObject
    ) throws(DiscoveryOptionFault) -> Int? {
        guard let value = value(member, body) else { return nil }
        guard let number = value.int, range.contains(number) else {
            throw fault(member, "This must be a number from \(range.lowerBound) to \(range.upperBound).")
        }
        return number
    }

    private static func fault(_ member: String, _ message: String) -> DiscoveryOptionFault {
        DiscoveryOptionFault(pointer: JSONPointer([member]), message: message)
    }
}
