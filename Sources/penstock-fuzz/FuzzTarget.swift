/// Something that is fuzzed.
protocol FuzzTarget {
    /// A case's input, always the same.
    func input(seed: UInt64, index: Int) -> [UInt8]
    /// Tries an input; what is wrong, or nil. May crash or hang.
    func fault(of input: [UInt8]) -> String?
}
