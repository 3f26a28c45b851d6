# What is measured, and what it is measured beside. Sourced by bench.sh.
# shellcheck shell=bash disable=SC2034,SC2154

answer='{"id":"cust_12345","name":"Ada Lovelace","email":"ada@example.com","plan":"business"}'
path=/api/v1/customers/cust_12345

make_certificates() {
    cd "$work"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.crt -days 2 \
        -subj "/CN=penstock bench CA" 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout relay.key -out relay.csr \
        -subj "/CN=relay" 2>/dev/null
    openssl x509 -req -in relay.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out relay.crt -days 2 -extfile \
        <(echo "subjectAltName = DNS:localhost, IP:127.0.0.1, IP:10.77.0.2") 2>/dev/null
    cd - >/dev/null
}

# What the origin hands out beside its answers.
make_files() {
    mkdir -p "$work/files/api/v1"
    head -c $((16 << 20)) /dev/zero >"$work/files/api/v1/bulk"
    head -c $((distance_mib << 20)) /dev/zero >"$work/files/api/v1/long"
}

# usage: nginx_configuration NAME <<END — the rest is the contents of http.
nginx_configuration() {
    mkdir -p "$work/$1"
    cat >"$work/$1.conf" <<END
$([ "$(id -u)" != 0 ] || echo "user root;")
daemon off; worker_processes 1; pid $work/$1/pid; error_log $work/$1.log warn;
events { worker_connections 4096; }
http {
    access_log off; default_type application/json; sendfile on; tcp_nodelay on;
    keepalive_requests 100000000; keepalive_timeout 300s; client_max_body_size 0;
    client_body_temp_path $work/$1/body; proxy_temp_path $work/$1/proxy; fastcgi_temp_path $work/$1/fastcgi;
    uwsgi_temp_path $work/$1/uwsgi; scgi_temp_path $work/$1/scgi;
$(cat)
}
END
}

configure_origin() {
    nginx_configuration origin <<END
    server {
        listen 127.0.0.1:$origin_port backlog=1024; root $work/files;
        location /api/v1/customers/ { return 200 '$answer'; }
    }
END
}

start_origin() {
    free_port origin_port
    configure_origin
    start origin nginx -c "$work/origin.conf"
    await origin "$origin_port" "$path" || return 1
    free_port sink_port
    start sink "$bin/penstock-bench" sink --listen "127.0.0.1:$sink_port"
    await sink "$sink_port" || return 1
}

# (a): an origin behind nginx as a plain reverse proxy.
start_nginx_proxy() {
    free_port proxy_port
    nginx_configuration proxy <<END
    upstream origin { server 127.0.0.1:$origin_port; keepalive 256; keepalive_requests 100000000; }
    server {
        listen 127.0.0.1:$proxy_port backlog=1024;
        location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection ""; }
    }
END
    start proxy nginx -c "$work/proxy.conf"
    await proxy "$proxy_port" "$path" || return 1
    proxy_worker=$(child_of "${pid[proxy]}")
}

# usage: connector_configuration NAME RELAY TOKEN_FILE CONNECTIONS HEALTH_PORT — three rules, of which the last allows.
connector_configuration() {
    cat >"$work/$1.yaml" <<END
relay: "https://$2"
token_file: "$3"
connections: $4
ca_file: "$work/ca.crt"
allow:
  - origin: "https://*.internal.example:8443"
    methods: [GET]
  - origin: "http://10.20.0.0/16:*"
    paths: ["/api/*"]
  - origin: "http://127.0.0.1:*"
    methods: [GET, POST, PUT]
    paths: ["/api/v1/*"]
audit: { file: "$work/$1-audit.jsonl" }
health: { listen: "127.0.0.1:$5" }
END
    rm -f "$work/$1-audit.jsonl"
}

# (b): the library's relay side alone, and the product's connector.
start_front() {
    local tunnels health
    free_port front_port
    free_port tunnels
    free_port health
    start front "$bin/penstock-bench" front --listen "127.0.0.1:$front_port" --tunnels "127.0.0.1:$tunnels" \
        --certificate "$work/relay.crt" --key "$work/relay.key" --token front --origin "http://127.0.0.1:$origin_port"
    await front "$front_port" || return 1
    echo front >"$work/front.token"
    connector_configuration front-connector "127.0.0.1:$tunnels" "$work/front.token" 1 "$health"
    start front-connector "$bin/penstock-connector" run --config "$work/front-connector.yaml" --log-level warning
    await front-connector "$health" /readyz
}

# usage: relay_configuration HOST PORT ADMIN_PORT
relay_configuration() {
    cat >"$work/relay.yaml" <<END
listen: "$1:$2"
tls: { certificate_chain: "$work/relay.crt", private_key: "$work/relay.key" }
admin: { listen: "127.0.0.1:$3" }
data_dir: "$work/data"
audit: { durability: strict }
egress: { allow_private: ["127.0.0.1/32"], ca_file: "$work/ca.crt" }
END
}

start_relay() { start relay "$bin/penstock-relay" serve --config "$work/relay.yaml" --log-level warning; }

start_connector() {
    start connector "$bin/penstock-connector" run --config "$work/connector.yaml" --log-level warning
}

# usage: api METHOD PATH TOKEN [JSON] — sets `reply`, or says what the relay said.
api() {
    local body status
    body=$(curl -sS --max-time 20 --cacert "$work/ca.crt" -X "$1" -H "Authorization: Bearer $3" \
        ${4:+-H "Content-Type: application/json" --data-binary "$4"} -w '\n%{http_code}' \
        "https://127.0.0.1:$relay_port$2" 2>&1) || true
    status=${body##*$'\n'}
    if [[ $status != 2?? ]]; then
        trouble "the relay refused $1 $2: $status ${body%$'\n'*}" relay
        return 1
    fi
    reply=${body%$'\n'*}
}

# The first string under a key of the JSON on standard input.
field() { grep -o "\"$1\" *: *\"[^\"]*\"" | head -n 1 | sed 's/.*"\([^"]*\)"$/\1/'; }

# usage: definition SLUG ORIGIN [TUNNEL] — without a tunnel it is called directly. Its limits count, and let all pass.
definition() {
    local slash='"in": "path", "name": "customer_id", "type": "string"' tunnel='{"enabled": false}'
    if [ -n "${3:-}" ]; then tunnel="{\"enabled\": true, \"type\": \"platform_agent\", \"tunnel_id\": \"$3\"}"; fi
    cat <<END
{"name": "$1", "slug": "$1",
 "connection": {"base_url": "$2/api/v1", "timeout_ms": 600000},
 "authentication": {"type": "api_key", "config": {"header_name": "X-API-Key", "key": "bench-key-0123456789abcdef"}},
 "endpoints": [
  {"name": "get_customer", "method": "GET", "path": "/customers/{customer_id}", "parameters": [{$slash}]},
  {"name": "bulk", "method": "GET", "path": "/bulk"}, {"name": "long", "method": "GET", "path": "/long"},
  {"name": "upload", "method": "POST", "path": "/upload"}],
 "security": {"rate_limit": {"requests_per_minute": 1000000000, "requests_per_day": 1000000000}},
 "tunnel": $tunnel}
END
}

# A relay with a user, a tunnel, an agent's token and two APIs: nginx's, and the sink's. The connector's policy and the
# relay's each open loopback by its exact address: a range does not.
make_relay() {
    if [ -n "${agent:-}" ]; then return; fi
    if [ -n "${relay_trouble:-}" ]; then
        why=$relay_trouble
        return 1
    fi
    set_up_relay || {
        relay_trouble=$why
        return 1
    }
}

set_up_relay() {
    if [ -z "${origin_port:-}" ]; then start_origin || return 1; fi
    if ! [ -x "$bin/penstock-relay" ]; then
        trouble "there is no $bin/penstock-relay"
        return 1
    fi
    free_port relay_port
    free_port admin_port
    free_port health_port
    relay_configuration 127.0.0.1 "$relay_port" "$admin_port"
    mkdir -p "$work/data"
    if ! "$bin/penstock-relay" init --data-dir "$work/data" --operator-token-file "$work/operator" \
        >"$work/init.log" 2>&1 </dev/null; then
        trouble "penstock-relay init failed" init
        return 1
    fi
    operator=$(<"$work/operator")
    start_relay
    await relay "$admin_port" /readyz || return 1
    api POST /v1/users "$operator" '{"name": "bench"}' || return 1
    user=$(field id <<<"$reply")
    api POST /v1/tokens "$operator" "{\"kind\": \"user\", \"user_id\": \"$user\"}" || return 1
    user_token=$(field token <<<"$reply")
    api POST /v1/tunnels "$user_token" '{"name": "bench"}' || return 1
    tunnel=$(field id <<<"$reply")
    field token <<<"$reply" >"$work/tunnel.token"
    api POST /v1/apis "$user_token" "$(definition bench "http://127.0.0.1:$origin_port" "$tunnel")" || return 1
    api POST /v1/apis "$user_token" "$(definition sink "http://127.0.0.1:$sink_port" "$tunnel")" || return 1
    api POST /v1/tokens "$user_token" '{"kind": "agent"}' || return 1
    agent=$(field token <<<"$reply")
    connector_configuration connector "127.0.0.1:$relay_port" "$work/tunnel.token" 2 "$health_port"
}

serve_relay() {
    make_relay || return 1
    if [ -z "${pid[relay]:-}" ]; then
        start_relay
        await relay "$admin_port" /readyz || return 1
    fi
}

# Relay and connector up, with a call that went through.
start_product() {
    serve_relay || return 1
    if [ -z "${pid[connector]:-}" ]; then
        start_connector
        await connector "$health_port" /readyz || return 1
    fi
    api GET "/v1/proxy/bench/customers/cust_12345" "$agent" || return 1
    if [ "$reply" != "$answer" ]; then
        trouble "a call through the relay answered something else: $reply" relay
        return 1
    fi
}
