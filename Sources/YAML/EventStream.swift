import CYAML
import Value

/// libyaml's event parser over bytes that outlive it.
final class EventStream {
    private let bytes: UnsafeBufferPointer<UInt8>
    private let parser: UnsafeMutablePointer<yaml_parser_t>

    init(_ bytes: UnsafeBufferPointer<UInt8>) throws(YAMLError) {
        self.bytes = bytes
        parser = .allocate(capacity: 1)
        parser.initialize(to: yaml_parser_t())
        guard yaml_parser_initialize(parser) == 1 else {
            throw YAMLError("there is not enough memory to read the document", at: Position(line: 1, column: 1))
        }
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
        yaml_parser_set_input_string(parser, bytes.baseAddress, bytes.count)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    func next() throws(YAMLError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw fault() }
        defer { yaml_event_delete(&event) }
        let position = Position(event.start_mark)
        switch event.type {
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            let text = String(decoding: UnsafeBufferPointer(start: scalar.value, count: scalar.length), as: UTF8.self)
            let isPlain = scalar.style == YAML_PLAIN_SCALAR_STYLE
            return Event(
                kind: .scalar(Event.Scalar(text: text, isPlain: isPlain)), anchor: string(scalar.anchor),
                tag: string(scalar.tag), position: position)
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            return Event(
                kind: .sequenceStart, anchor: string(start.anchor), tag: string(start.tag), position: position)
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            return Event(kind: .mappingStart, anchor: string(start.anchor), tag: string(start.tag), position: position)
        case YAML_ALIAS_EVENT:
            return Event(kind: .alias(string(event.data.alias.anchor) ?? ""), position: position)
        case YAML_SEQUENCE_END_EVENT: return Event(kind: .sequenceEnd, position: position)
        case YAML_MAPPING_END_EVENT: return Event(kind: .mappingEnd, position: position)
        case YAML_DOCUMENT_START_EVENT: return Event(kind: .documentStart, position: position)
        case YAML_DOCUMENT_END_EVENT: return Event(kind: .documentEnd, position: position)
        case YAML_STREAM_START_EVENT: return Event(kind: .streamStart, position: position)
        default: return Event(kind: .streamEnd, position: position)
        }
    }

    private func string(_ text: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        text.map { String(cString: $0) }
    }

    private func fault() -> YAMLError {
        let state = parser.pointee
        let problem = state.problem.map { String(cString: $0) } ?? "the document cannot be read"
        if state.error == YAML_READER_ERROR {
            let position = Position(offset: state.problem_offset, in: bytes)
            let isEncoding = ["UTF-8", "octet", "Unicode"].contains { problem.contains($0) }
            return YAMLError(isEncoding ? "the text is not valid UTF-8" : problem, at: position)
        }
        guard state.error != YAML_MEMORY_ERROR else {
            return YAMLError("there is not enough memory to read the document", at: Position(state.mark))
        }
        guard let context = state.context.map({ String(cString: $0) }) else {
            return YAMLError(problem, at: Position(state.problem_mark))
        }
        let begin = Position(state.context_mark)
        return YAMLError("\(problem) (\(context) that begins at \(begin))", at: Position(state.problem_mark))
    }
}

extension Position {
    fileprivate init(_ mark: yaml_mark_t) {
        self.init(line: mark.line + 1, column: mark.column + 1)
    }
}
