package import Drafts
import Value

/// Reads recorded and handwritten calls (Postman collections, HAR files, curl commands) into drafts.
///
/// Such documents hold credentials and other people's data. Of a call only its shape goes into the draft: names, types,
/// where a credential stands and of what kind it is; and what says which operation it is (``CallIdentity``). No other
/// value does.
package enum Captures {
    /// Reads a document of a kind.
    ///
    /// - Parameter environments: Postman's, that belong to a collection.
    /// - Throws: `CaptureError` for what is no such document; what is wrong with one of its calls is a finding.
    package static func read(
        _ bytes: [UInt8], as kind: CaptureKind, environments: [[UInt8]] = []
    ) throws(CaptureError) -> Draft {
        switch kind {
        case .postman: try PostmanReader.read(bytes, environments: environments)
        case .har: try HARReader.read(bytes)
        case .curl: try CurlReader.read(bytes)
        }
    }

    /// The JSON value that the bytes are, without the places of its parts, which cost more than the value.
    static func value(_ bytes: [UInt8]) throws(CaptureError) -> JSON {
        let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        do throws(JSONParseError) {
            return try JSON.parse(body, limits: .lenient)
        } catch {
            throw CaptureError(error.message, at: error.position)
        }
    }

    /// The JSON document that the bytes are, a byte order mark aside.
    static func document(_ bytes: [UInt8]) throws(CaptureError) -> Document {
        let body = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
        do throws(JSONParseError) {
            return try JSON.parseDocument(body, limits: .lenient)
        } catch {
            throw CaptureError(error.message, at: error.position)
        }
    }
}
