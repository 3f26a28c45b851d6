import CPCRE2

/// A compiled regular expression. Matching is interpreted, not translated to machine code: the interpreter counts its
/// steps exactly, and patterns come from documents that nobody vouches for.
final class Pattern: @unchecked Sendable {
    // Unchecked, since compiled patterns and match contexts are read-only once made (pcre2api(3), "Multithreading").

    /// What a match came to.
    enum Outcome {
        case found
        case notFound
        /// The limit of steps or of memory was reached first.
        case tooManySteps
    }

    /// What a match needs, without a reference to count. Valid while the pattern is.
    struct Matcher {
        fileprivate let code: OpaquePointer
        /// For the first try, which is nearly always enough.
        fileprivate let quick: OpaquePointer
        /// For the second, with all the steps allowed.
        fileprivate let patient: OpaquePointer
    }

    /// As written in the schema.
    let text: String
    let matcher: Matcher

    /// Steps of a first try.
    static let quickSteps = 512

    /// Longer patterns are refused.
    static let maximumBytes = 8192

    /// Nil when `text` is not a regular expression, or is one that PCRE2 cannot run.
    init?(_ text: String, steps: Int, isStrict: Bool = false) {
        guard text.utf8.count <= Self.maximumBytes,
            let translated = PatternTranslation.translate(text, isStrict: isStrict),
            let code = Self.compile(translated)
        else { return nil }
        guard let quick = Self.context(steps: min(steps, Self.quickSteps)) else {
            pcre2_code_free_8(code)
            return nil
        }
        guard let patient = Self.context(steps: steps) else {
            pcre2_match_context_free_8(quick)
            pcre2_code_free_8(code)
            return nil
        }
        self.text = text
        matcher = Matcher(code: code, quick: quick, patient: patient)
    }

    deinit {
        pcre2_match_context_free_8(matcher.patient)
        pcre2_match_context_free_8(matcher.quick)
        pcre2_code_free_8(matcher.code)
    }

    private static func context(steps: Int) -> OpaquePointer? {
        guard let context = pcre2_match_context_create_8(nil) else { return nil }
        pcre2_set_match_limit_8(context, UInt32(clamping: steps))
        // In KiB; backtracking keeps its memory in the match data between matches.
        pcre2_set_heap_limit_8(context, 1024)
        return context
    }

    private static func compile(_ pattern: String) -> OpaquePointer? {
        guard let context = pcre2_compile_context_create_8(nil) else { return nil }
        defer { pcre2_compile_context_free_8(context) }
        pcre2_set_newline_8(context, UInt32(PCRE2_NEWLINE_LF))
        pcre2_set_parens_nest_limit_8(context, 100)
        pcre2_set_max_pattern_length_8(context, 16 * maximumBytes)
        let options =
            PCRE2_UTF | PCRE2_NO_UTF_CHECK | PCRE2_DOLLAR_ENDONLY | PCRE2_MATCH_UNSET_BACKREF | PCRE2_ALLOW_EMPTY_CLASS
            | PCRE2_NEVER_BACKSLASH_C
        var error: Int32 = 0
        var offset = 0
        return Array(pattern.utf8).withUnsafeBufferPointer { bytes in
            // An empty array may have no address, which PCRE2 takes for an empty pattern only in later versions.
            guard let start = bytes.baseAddress else {
                return pcre2_compile_8([0], 0, UInt32(options), &error, &offset, context)
            }
            return pcre2_compile_8(start, bytes.count, UInt32(options), &error, &offset, context)
        }
    }
}

extension Pattern.Matcher {
    /// Looks for the expression anywhere in `string`: with few steps, or patiently with all that are allowed.
    func isFound(in string: String, using data: MatchData, isPatient: Bool) -> Pattern.Outcome {
        let context = isPatient ? patient : quick
        let result =
            string.utf8.withContiguousStorageIfAvailable { match($0, data, context) }
            ?? Array(string.utf8).withUnsafeBufferPointer { match($0, data, context) }
        // Zero says that the match data has no room for all groups, which nobody asks for.
        return result >= 0 ? .found : result == PCRE2_ERROR_NOMATCH ? .notFound : .tooManySteps
    }

    private func match(_ bytes: UnsafeBufferPointer<UInt8>, _ data: MatchData, _ context: OpaquePointer) -> Int32 {
        guard let start = bytes.baseAddress else {
            return pcre2_match_8(code, [0], 0, 0, UInt32(PCRE2_NO_UTF_CHECK), data.pointer, context)
        }
        return pcre2_match_8(code, start, bytes.count, 0, UInt32(PCRE2_NO_UTF_CHECK), data.pointer, context)
    }
}
