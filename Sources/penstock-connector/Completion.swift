/// The completion scripts.
enum Completion {
    private static let flags = "--config --log-level --log-format --help"
    private static let levels = "trace debug info notice warning error critical"

    static func script(_ shell: Arguments.Shell) -> String {
        let commands = Arguments.Command.allCases.map(\.rawValue).joined(separator: " ")
        switch shell {
        case .bash:
            return """
                _penstock_connector() {
                    local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}"
                    case "$previous" in
                        --config) COMPREPLY=($(compgen -f -- "$current")); return ;;
                        --log-level) COMPREPLY=($(compgen -W "\(levels)" -- "$current")); return ;;
                        --log-format) COMPREPLY=($(compgen -W "text json" -- "$current")); return ;;
                        completion) COMPREPLY=($(compgen -W "bash zsh fish" -- "$current")); return ;;
                    esac
                    if [ "$COMP_CWORD" -eq 1 ]; then
                        COMPREPLY=($(compgen -W "\(commands) --help --version" -- "$current"))
                    else
                        COMPREPLY=($(compgen -W "\(flags)" -- "$current"))
                    fi
                }
                complete -F _penstock_connector penstock-connector

                """
        case .zsh:
            return """
                #compdef penstock-connector
                _penstock_connector() {
                    _arguments \\
                        '1:command:(\(commands))' \\
                        '2:shell:(bash zsh fish)' \\
                        '--config[the configuration]:file:_files' \\
                        '--log-level[how much to log]:level:(\(levels))' \\
                        '--log-format[how to log]:format:(text json)' \\
                        '--help[help]'
                }
                compdef _penstock_connector penstock-connector

                """
        case .fish:
            return """
                complete -c penstock-connector -f -n __fish_use_subcommand -a '\(commands)'
                complete -c penstock-connector -f -n '__fish_seen_subcommand_from completion' -a 'bash zsh fish'
                complete -c penstock-connector -l config -r -F -d 'the configuration'
                complete -c penstock-connector -l log-level -x -a '\(levels)' -d 'how much to log'
                complete -c penstock-connector -l log-format -x -a 'text json' -d 'how to log'
                complete -c penstock-connector -s h -l help -d 'help'

                """
        }
    }
}
