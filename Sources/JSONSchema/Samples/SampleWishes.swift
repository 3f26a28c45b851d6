/// What values made from a schema are to be like, as far as the schema lets them.
package struct SampleWishes: Sendable {
    /// Which optional members an object has.
    package enum Fullness: Sendable {
        case none, some, all
    }

    /// Some by default.
    package var fullness: Fullness
    /// What strings are put together from where their schema does not care; letters by default. None may be empty.
    package var atoms: [String]
    /// Which way the values go: members of the other way are left out.
    package var direction: Schema.Direction
    /// Values in one sample, its containers included. 2,000 by default.
    package var nodes: Int
    /// Containers inside one another below which nothing optional is added. 5 by default.
    package var depth: Int

    package init(
        fullness: Fullness = .some, atoms: [String] = Self.letters, direction: Schema.Direction = .either,
        nodes: Int = 2000, depth: Int = 5
    ) {
        self.fullness = fullness
        self.atoms = atoms
        self.direction = direction
        self.nodes = nodes
        self.depth = depth
    }

    package static let letters = "abcdefghijklmnopqrstuvwxyz".map(String.init)
}
