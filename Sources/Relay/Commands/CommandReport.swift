/// What a command has to say, and whether it found nothing wrong.
package struct CommandReport: Sendable {
    /// Sentences and figures for the operator.
    package var lines: [String] = []
    /// False: exit code 1.
    package var isGood = true
}
