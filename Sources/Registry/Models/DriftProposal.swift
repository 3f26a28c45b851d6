package import Value

/// What live answers of one endpoint ask of its schema: a change that its owner accepts or dismisses. Holds names, types
/// and formats of what was answered, never a value.
package struct DriftProposal: Sendable, Hashable {
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// To be accepted or dismissed; at most one an endpoint.
        case open
        /// The definition was changed as proposed.
        case accepted
        /// The schema is to stay as it is.
        case dismissed
        /// The endpoint's schema has changed otherwise meanwhile.
        case stale
    }

    /// The schema that the answers did not follow.
    package struct Base: Sendable, Hashable {
        /// Of the definition when the proposal was last changed.
        package var etag: String
        /// SHA-256 of the endpoint's self-contained response schema.
        package var digest: [UInt8]

        package init(etag: String, digest: [UInt8]) {
            self.etag = etag
            self.digest = digest
        }
    }

    package var id: String
    package var user: String
    package var api: String
    package var endpoint: String
    package var state: State
    package var base: Base
    /// Microseconds since 1970.
    package var firstSeen: Int64
    /// Microseconds since 1970.
    package var lastSeen: Int64
    /// When it was accepted, dismissed or found stale, in microseconds since 1970.
    package var closed: Int64?
    /// Answers that did not follow the schema.
    package var mismatches: Int
    /// Those of them that were looked at closely.
    package var lookedAt: Int
    package var deviations: [Deviation]
    package var change: SchemaChange

    package init(
        id: String, user: String, api: String, endpoint: String, state: State = .open, base: Base, firstSeen: Int64,
        lastSeen: Int64, closed: Int64? = nil, mismatches: Int, lookedAt: Int, deviations: [Deviation],
        change: SchemaChange
    ) {
        self.id = id
        self.user = user
        self.api = api
        self.endpoint = endpoint
        self.state = state
        self.base = base
        self.firstSeen = firstSeen
        self.lastSeen = lastSeen
        self.closed = closed
        self.mismatches = mismatches
        self.lookedAt = lookedAt
        self.deviations = deviations
        self.change = change
    }
}

/// One way in which answers differ from their schema, and how often.
package struct Deviation: Sendable, Hashable {
    /// What makes two the same.
    package struct Kind: Sendable, Hashable {
        /// The keyword's place in the definition.
        package var schema: String
        package var keyword: String
        /// The place in the answer; `*` for any element, and for names that look like somebody's data.
        package var path: String
        /// The type of what stands there, as `integer`; `absent` where nothing does.
        package var found: String

        package init(schema: String, keyword: String, path: String, found: String) {
            self.schema = schema
            self.keyword = keyword
            self.path = path
            self.found = found
        }
    }

    package var kind: Kind
    /// Among the answers looked at; in how many.
    package var count: Int

    package init(kind: Kind, count: Int) {
        self.kind = kind
        self.count = count
    }
}

/// How a schema would have to change to admit what was seen.
package struct SchemaChange: Sendable, Hashable {
    /// One member or element put in place, replaced or taken away.
    package struct Edit: Sendable, Hashable {
        package var pointer: JSONPointer
        /// What stands there; nil for nothing.
        package var old: JSON?
        /// What is to stand there; nil for nothing.
        package var new: JSON?

        package init(pointer: JSONPointer, old: JSON?, new: JSON?) {
            self.pointer = pointer
            self.old = old
            self.new = new
        }
    }

    /// A schema of the definition that would change.
    package struct Part: Sendable, Hashable {
        /// Its place in the definition: an endpoint's `response_schema`, or what several share.
        package var place: JSONPointer
        /// The endpoints whose arguments or answers it describes.
        package var endpoints: [String]
        /// As it would be written.
        package var schema: JSON
        /// With pointers into the definition.
        package var difference: [Edit]

        package init(place: JSONPointer, endpoints: [String], schema: JSON, difference: [Edit]) {
            self.place = place
            self.endpoints = endpoints
            self.schema = schema
            self.difference = difference
        }
    }

    /// With pointers into the endpoint's self-contained schema: what is applied.
    package var edits: [Edit]
    /// The same, as people look at it.
    package var parts: [Part]
    /// Where the endpoint's own schema stands in the definition.
    package var own: JSONPointer?
    /// Why no change can be proposed; nil where one is.
    package var obstacle: String?

    /// The part that is the endpoint's own, where it changes.
    package var ownPart: Part? { parts.first { $0.place == own } }

    package init(edits: [Edit] = [], parts: [Part] = [], own: JSONPointer? = nil, obstacle: String? = nil) {
        self.edits = edits
        self.parts = parts
        self.own = own
        self.obstacle = obstacle
    }
}
