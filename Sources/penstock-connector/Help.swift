/// What `--help` says.
enum Help {
    static func text(_ command: Arguments.Command?) -> String {
        switch command {
        case nil: overview
        case .run: run + common
        case .check: check + common
        case .healthcheck: healthcheck + common
        case .completion: completion
        }
    }

    private static let overview = """
        penstock-connector dials out to a relay and makes the calls to internal APIs that come through that tunnel.
        It calls only what its own configuration allows; nothing that the relay sends can widen that.

        USAGE: penstock-connector <command> [flags]

        COMMANDS:
          run           keep the tunnel up and make calls
          check         try configuration, DNS, TLS, token and each allowed origin, with a remedy per failure
          healthcheck   exit 0 if the connector on this machine is up and has a tunnel, else 1
          completion    print the completion script for bash, zsh or fish

        EXAMPLE:
          PENSTOCK_RELAY=https://relay.example.com PENSTOCK_TOKEN_FILE=/run/secrets/tunnel-token \\
          PENSTOCK_ALLOW=http://192.168.1.100:8080 penstock-connector run

        See penstock-connector <command> --help. --version prints the version.

        """

    private static let run = """
        Keeps the tunnel to the relay up and makes the calls that come through it. SIGTERM drains, and a
        second SIGTERM ends it at once.

        USAGE: penstock-connector run [flags]

        EXAMPLE: a file connector.yaml with

          relay: "https://relay.example.com"
          token_file: /run/secrets/tunnel-token
          allow:
            - origin: "http://192.168.1.100:8080"
              methods: [GET, POST]
              paths: ["/api/v1/*"]

        and then

          penstock-connector run --config connector.yaml

        """

    private static let check = """
        Tries everything that a connector needs, one line each, and gives a remedy for each failure.
        Exit code: 0 all well, 1 something failed, 3 the relay refused, 4 the relay cannot be reached.

        USAGE: penstock-connector check [flags]

        EXAMPLE:
          penstock-connector check --config connector.yaml

        """

    private static let healthcheck = """
        Asks the connector that runs on this machine (health.listen) for /livez and /readyz.
        Exit code: 0 if both answer 200, else 1.

        USAGE: penstock-connector healthcheck [flags]

        EXAMPLE: in a Dockerfile

          HEALTHCHECK CMD ["penstock-connector", "healthcheck"]

        """

    private static let completion = """
        Prints a completion script.

        USAGE: penstock-connector completion bash|zsh|fish

        EXAMPLE:
          source <(penstock-connector completion bash)

        """

    private static let common = """

        FLAGS (each also as a variable; a flag takes precedence over a variable, a variable over the file):
          --config FILE           the configuration; PENSTOCK_CONFIG; default /etc/penstock/connector.yaml, if it \
          exists
          --log-level LEVEL       trace, debug, info, notice, warning, error; PENSTOCK_LOG_LEVEL; default info
          --log-format FORMAT     text or json; PENSTOCK_LOG_FORMAT; default text
          -h, --help              this

        Without a file PENSTOCK_RELAY, PENSTOCK_TOKEN_FILE and PENSTOCK_ALLOW (origins, comma-separated) suffice.
        The token is only ever read from a file.

        """
}
