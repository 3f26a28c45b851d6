# HAProxy's reverse HTTP as a peer, when HAPROXY names a binary that has it: bare, and with what it can do of the relay's
# and the connector's work. Its log is written, not synced. Sourced by bench.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# Sets haproxy_version, or says why the rows are left out.
find_haproxy() {
    haproxy_version=''
    if [ -z "${HAPROXY:-}" ]; then
        why="skipped: HAPROXY names no HAProxy 3.x binary"
        return 1
    fi
    haproxy_version=$("$HAPROXY" -v 2>/dev/null | sed -n 's/^HAProxy version \([^ ]*\).*/\1/p') || true
    if [[ $haproxy_version != 3.* ]]; then
        why="skipped: $HAPROXY is no HAProxy 3.x, but ${haproxy_version:-something else}"
        return 1
    fi
}

# usage: haproxy_configuration NAME <<END — the rest is what the process serves. One thread, as nginx has one worker.
haproxy_configuration() {
    cat >"$work/$1.cfg" <<END
global
    nbthread 1
    maxconn 4096
    expose-experimental-directives
$(if [ "$1" = haproxy-gateway ]; then echo "    log stdout len 2048 format raw local0"; fi)
defaults
    mode http
    timeout connect 5s
    timeout client 60s
    timeout server 60s
    timeout http-keep-alive 600s
    option http-keep-alive
$(cat)
END
}

# usage: start_haproxy_connector NAME TUNNEL_PORT — dials four connections, and allows GET of the origin's paths.
start_haproxy_connector() {
    haproxy_configuration "$1" <<END
frontend tunnel
    bind rhttp@relay/relay nbconn 4
    http-request deny deny_status 403 unless METH_GET { path_beg /api/v1/ }
    default_backend origin
backend relay
    server relay 127.0.0.1:$2 ssl verify required ca-file $work/ca.crt verifyhost localhost alpn h2
backend origin
    http-reuse always
    server origin 127.0.0.1:$origin_port
END
    start "$1" "$HAPROXY" -f "$work/$1.cfg" -db
}

# The relay's side alone, as `penstock-bench front` is for Penstock.
start_haproxy_bare() {
    local tunnels
    free_port haproxy_port
    free_port tunnels
    haproxy_configuration haproxy <<END
frontend tunnels
    bind 127.0.0.1:$tunnels ssl crt $work/relay.pem alpn h2
    tcp-request session attach-srv tunnel/connector
frontend calls
    bind 127.0.0.1:$haproxy_port backlog 1024
    default_backend tunnel
backend tunnel
    server connector rhttp@
END
    start haproxy "$HAPROXY" -f "$work/haproxy.cfg" -db
    await haproxy "$haproxy_port" || return 1
    start_haproxy_connector haproxy-connector "$tunnels"
    await haproxy-connector "$haproxy_port" "$path"
}

# What HAProxy can do of a gateway's work: TLS to the agent, its token by digest, a rate limit for each token, one API's
# prefix rewritten, the agent's credential taken off and the API's put on, an id for each call, and a log line for it.
start_haproxy_gateway() {
    local tunnels
    free_port haproxy_gateway_port
    free_port tunnels
    echo "$(printf %s "$agent" | sha256sum | cut -d ' ' -f 1) bench" >"$work/haproxy.tokens"
    haproxy_configuration haproxy-gateway <<END
frontend tunnels
    bind 127.0.0.1:$tunnels ssl crt $work/relay.pem alpn h2
    tcp-request session attach-srv tunnel/connector
frontend calls
    bind 127.0.0.1:$haproxy_gateway_port backlog 1024 ssl crt $work/relay.pem alpn http/1.1
    log global
    option httplog
    stick-table type string len 64 size 100k expire 60s store http_req_rate(60s)
    unique-id-format %{+X}o%Ts%ci%cp%rt
    http-request set-var(txn.token) req.hdr(authorization),regsub(^Bearer\\ ,),sha2(256),hex,lower
    http-request set-var(txn.user) var(txn.token),map($work/haproxy.tokens)
    http-request deny deny_status 401 unless { var(txn.user) -m found }
    http-request track-sc0 var(txn.token)
    http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000000 }
    http-request deny deny_status 404 unless { path_beg /v1/proxy/bench/ }
    http-request replace-path /v1/proxy/bench/(.*) /api/v1/\\1
    http-request del-header authorization
    http-request set-header x-api-key bench-key-0123456789abcdef
    http-response set-header penstock-request-id %[unique-id]
    http-response del-header server
    http-response del-header set-cookie
    default_backend tunnel
backend tunnel
    server connector rhttp@
END
    start haproxy-gateway "$HAPROXY" -f "$work/haproxy-gateway.cfg" -db
    await haproxy-gateway "$haproxy_gateway_port" || return 1
    start_haproxy_connector haproxy-gateway-connector "$tunnels"
    local deadline=$((SECONDS + patience)) got=''
    until [ "$got" = "$answer" ]; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            trouble "HAProxy as a gateway answered something else: $got" haproxy-gateway-connector
            return 1
        fi
        sleep 0.1
        got=$(curl -sS --max-time 5 --cacert "$work/ca.crt" -H "Authorization: Bearer $agent" \
            "https://127.0.0.1:$haproxy_gateway_port/v1/proxy/bench/customers/cust_12345" 2>/dev/null) || true
    done
}

start_haproxy() {
    if ! find_haproxy; then
        echo "bench: $why" >&2
        missing[haproxy]=$why missing[haproxy_gateway]=$why
        return
    fi
    cat "$work/relay.crt" "$work/relay.key" >"$work/relay.pem"
    start_haproxy_bare || missing[haproxy]=$why
    if [ -z "${agent:-}" ]; then
        missing[haproxy_gateway]="there is no relay to compare it with"
    else
        start_haproxy_gateway || missing[haproxy_gateway]=$why
    fi
}
