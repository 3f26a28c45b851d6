/// One of the files that describe an API.
package struct ImportFile: Sendable {
    /// Its name, path or URL: what references of other files call it.
    package var name: String
    package var bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }
}
