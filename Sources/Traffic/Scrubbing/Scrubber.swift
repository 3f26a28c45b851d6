import NIOCore

/// Finds a call's secrets in what an origin answers, and puts `[redacted]` in their place (C5).
///
/// Each secret is found as it stands; in base64 at any of its three offsets, in either alphabet, with and without
/// padding; in hexadecimal digits of either case; with `+` for its spaces; and all of these with any of their
/// characters percent-encoded or escaped as in JSON. Basic authentication is base64 of `user:password`: add that as
/// a secret of its own. Matches that touch each other become one `[redacted]`.
///
/// Secrets of less than four bytes are not looked for. They guard nothing, and would be found by chance in every other
/// answer, which redacting would spoil: ``tooShort`` says how many there were.
///
/// Make it once for each version of a call's secrets and keep it: that costs about 400 bytes for each byte of secret
/// and some microseconds. Its memory is wiped when it goes, and it has no textual form.
package final class Scrubber: Sendable {
    /// What a secret is replaced by.
    package static let replacement = "[redacted]"
    /// Secrets of fewer bytes are not looked for.
    package static let shortest = 4

    let trie: PatternTrie
    /// Secrets that were too short to be looked for.
    package let tooShort: Int

    /// - Parameter fill: is lent a function that adds a secret; it keeps nothing of the memory it is given.
    package init(_ fill: (_ add: (UnsafeRawBufferPointer) -> Void) -> Void) {
        var trie = PatternTrie()
        var tooShort = 0
        fill { secret in
            if secret.count >= Self.shortest {
                SecretForms(secret: secret).insert(into: &trie)
            } else {
                tooShort += 1
            }
        }
        trie.link()
        trie.watch(UInt8(ascii: "%"))
        trie.watch(UInt8(ascii: "\\"))
        self.trie = trie
        self.tooShort = tooShort
    }

    /// As ``init(_:)``. The arrays stay the caller's to wipe.
    package convenience init(secrets: some Sequence<[UInt8]>) {
        self.init { add in
            for secret in secrets { secret.withUnsafeBytes(add) }
        }
    }

    /// True where there is nothing to look for.
    package var isEmpty: Bool { trie.isEmpty }

    package struct StreamOptions: OptionSet, Sendable {
        package let rawValue: Int

        /// What is taken out is replaced by as many asterisks, for a body whose length was promised.
        package static let keepsLength = StreamOptions(rawValue: 1)
        /// The first bytes of what may become a secret leave with their chunk while they are fewer than four: they tell
        /// nothing, and the reader may have to see them before its peer says more. What follows is still taken out.
        package static let prompt = StreamOptions(rawValue: 2)

        package init(rawValue: Int) { self.rawValue = rawValue }
    }

    /// A body's or a trailer section's way through.
    package func stream(_ options: StreamOptions = []) -> ScrubStream { ScrubStream(self, options) }

    /// A whole text: a header's value, a status line's reason.
    package func scrub(_ text: String) -> String {
        guard !isEmpty else { return text }
        var stream = stream()
        var output = stream.scrub(ByteBuffer(string: text))
        output.writeImmutableBuffer(stream.finish())
        return String(buffer: output)
    }
}

extension Scrubber: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[scrubber]" }
    package var debugDescription: String { "[scrubber]" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
