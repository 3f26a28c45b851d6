/// What a Cloudflare Tunnel and its Access application need so that the relay, and nobody else, can call an API through them.
struct CloudflareGuide {
    let hostname: String
    let service: String?
    let name: String

    var text: String {
        """
        # 1. In cloudflared's configuration file, before the rule that catches all:
        ingress:
          - hostname: \(hostname)
            service: \(service ?? "http://HOST:PORT")
          - service: http_status:404

        # 2. In Cloudflare Zero Trust, so that the hostname is not public:
        #    Access controls, Service credentials: create a service token "penstock \(name)".
        #    Access controls, Applications: add a self-hosted application for \(hostname), with one policy:
        #    action Service Auth, include Service Token "penstock \(name)".

        # 3. In the definition (the two values go to the vault):
        connection: { base_url: "https://\(hostname)" }
        tunnel:
          enabled: true
          type: cloudflare
          access:
            client_id: { from_env: CF_ACCESS_CLIENT_ID }
            client_secret: { from_env: CF_ACCESS_CLIENT_SECRET }

        # 4. Try it: penstock apis apply -f FILE && penstock apis test SLUG
        """
    }
}
