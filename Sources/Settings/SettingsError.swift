/// What is wrong with the settings: one fault or several, each a sentence that says where and what to do. Values are
/// never repeated, since any of them may be a secret.
package struct SettingsError: Error, Sendable, Hashable {
    /// One thing that is wrong.
    package struct Fault: Sendable, Hashable {
        /// `connector.yaml:7:3`, `--connections`, `PENSTOCK_RELAY`; empty when the message names the place.
        package let place: String
        /// What is wrong and what to do, without the value.
        package let message: String

        /// A fault at a place, or at none.
        package init(place: String = "", message: String) {
            self.place = place
            self.message = message
        }
    }

    /// At least one, in the order of the file.
    package let faults: [Fault]

    /// Several faults in one.
    package init(_ faults: [Fault]) {
        self.faults = faults
    }

    /// A single fault.
    package init(place: String = "", _ message: String) {
        faults = [Fault(place: place, message: message)]
    }
}

extension SettingsError.Fault: CustomStringConvertible {
    package var description: String { place.isEmpty ? message : "\(place): \(message)" }
}

extension SettingsError: CustomStringConvertible {
    /// One line a fault.
    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
