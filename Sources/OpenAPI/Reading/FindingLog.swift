import Drafts
import Value

/// Gathers findings: those of one operation with it, what stands in parts that several share once for the draft.
final class FindingLog {
    private struct Key: Hashable {
        let code: String
        let place: Place
    }

    private let files: SourceFiles
    private(set) var shared: [Finding] = []
    private var known: Set<Key> = []
    private var operation: Place?
    private var own: [Finding] = []
    private var untold = 0
    private var onceTold: Set<String> = []

    private static let mostShared = 2000
    private static let mostOfOne = 100
    /// In bytes.
    private static let longestMessage = 2000
    private static let longestToken = 1024

    init(_ files: SourceFiles) { self.files = files }

    /// Findings within `body` belong to the operation at `place`.
    func gather<Result>(for place: Place, _ body: () -> Result) -> (Result, [Finding]) {
        operation = place
        own = []
        let result = body()
        operation = nil
        return (result, own)
    }

    /// Adds a finding of the operation at hand, wherever its cause stands; of the draft where there is none.
    func add(_ effect: Finding.Effect, _ code: String, _ message: String, at place: Place) {
        guard operation != nil else { return addShared(effect, code, message, at: place) }
        guard own.count < Self.mostOfOne else { return }
        own.append(finding(effect, code, message, place))
    }

    /// Adds a finding of whatever holds the place: of the operation at hand, or of a part that others use too.
    func addThere(_ effect: Finding.Effect, _ code: String, _ message: String, at place: Place) {
        if let operation, operation.holds(place) {
            add(effect, code, message, at: place)
        } else {
            addShared(effect, code, message, at: place)
        }
    }

    /// Adds a finding of the whole draft for the first of all places.
    func addOnce(_ effect: Finding.Effect, _ code: String, _ message: String, at place: Place) {
        guard onceTold.insert(code).inserted else { return }
        addShared(effect, code, message, at: place)
    }

    /// Adds a finding of the whole draft, once for each code and place.
    func addShared(_ effect: Finding.Effect, _ code: String, _ message: String, at place: Place) {
        guard known.insert(Key(code: code, place: place)).inserted else { return }
        guard shared.count < Self.mostShared else {
            untold += 1
            return
        }
        shared.append(finding(effect, code, message, place))
    }

    /// All findings of the whole draft, with a last one for those beyond the bound.
    func takeShared() -> [Finding] {
        guard untold > 0 else { return shared }
        return shared + [Finding(.note, "more_findings", "\(untold) more findings are not told.")]
    }

    /// The pointer up to a name that would be too long to be told each time.
    private static func shown(_ pointer: JSONPointer) -> JSONPointer {
        guard let end = pointer.tokens.firstIndex(where: { $0.utf8.count > longestToken }) else { return pointer }
        return JSONPointer(Array(pointer.tokens[..<end]))
    }

    func finding(_ effect: Finding.Effect, _ code: String, _ message: String, _ place: Place) -> Finding {
        Finding(
            effect, code, Texts.bounded(message, Self.longestMessage) ?? "", at: Self.shown(place.pointer),
            file: files.shownName(place.file), position: files.position(place))
    }
}
