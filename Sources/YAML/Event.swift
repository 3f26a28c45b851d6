import Value

/// One event of the document's structure (YAML 1.2, section 3.1.2), copied out of libyaml's memory.
struct Event {
    enum Kind {
        case scalar(Scalar)
        case alias(String)
        case sequenceStart
        case sequenceEnd
        case mappingStart
        case mappingEnd
        case documentStart
        case documentEnd
        case streamStart
        case streamEnd
    }

    struct Scalar {
        var text: String
        /// Written without quotes and not as a block, so that the core schema decides what it is.
        var isPlain: Bool
    }

    var kind: Kind
    var anchor: String?
    var tag: String?
    var position: Position
}
