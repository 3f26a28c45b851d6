package import NIOCore

/// Finds a call's secrets in what an origin answers, and puts `[redacted]` in their place (C5).
///
/// Each secret is found as it stands; in base64 at any of its three offsets and base32 at any of its five, in either
/// alphabet, with and without padding; in hexadecimal digits, alone, with separators and as a list of `0x..`; in UTF-16 and
/// UTF-32; with `+` for its spaces; and all of these in either case, with any of their characters percent-encoded, escaped as
/// in JSON or a program's text, as character references, or in quoted-printable and wrapped lines. Basic authentication is
/// base64 of `user:password`: add that as a secret of its own. Matches that touch each other become one `[redacted]`.
/// Secrets beyond ``SecretForms/longestRare`` bytes are not looked for in base32, UTF-16, UTF-32 and separated digits.
///
/// Secrets of less than four bytes are not looked for. They guard nothing, and would be found by chance in every other
/// answer, which redacting would spoil: ``tooShort`` says how many there were.
///
/// Make it once for each version of a call's secrets and keep it: that costs about 2 kB for each byte of secret and some
/// microseconds. Its memory is wiped when it goes, and it has no textual form.
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
        for byte in "%\\&=\r\n".utf8 { trie.watch(byte) }
        self.trie = trie
        self.tooShort = tooShort
    }

    /// As ``init(_:)``. The arrays stay the caller's to wipe.
    package convenience init(secrets: some Sequence<[UInt8]>) {
        self.init { add in
            for secret in secrets { secret.withUnsafeBytes(add) }
        }
    }

    /// What it occupies, in bytes.
    package var memory: Int { trie.memory }

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
        return String(buffer: scrub(ByteBuffer(string: text)))
    }

    /// Whether a secret stands in a whole text.
    package func finds(in text: String) -> Bool { finds(in: ByteBuffer(string: text)) }

    /// Whether a secret stands in a whole body.
    package func finds(in bytes: ByteBuffer) -> Bool {
        guard !isEmpty, bytes.readableBytes > 0 else { return false }
        var stream = stream()
        _ = stream.scrub(bytes)
        _ = stream.finish()
        return stream.replacements > 0
    }

    /// A whole body.
    package func scrub(_ bytes: ByteBuffer) -> ByteBuffer {
        guard !isEmpty else { return bytes }
        var stream = stream()
        var output = stream.scrub(bytes)
        output.writeImmutableBuffer(stream.finish())
        return output
    }
}

extension Scrubber: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "[scrubber]" }
    package var debugDescription: String { "[scrubber]" }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
