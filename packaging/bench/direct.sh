# Part direct: an HTTPS API that needs no tunnel, beside nginx as a proxy to it and beside curl. Sourced by bench.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# The origin again, but over TLS, as the direct route asks for.
start_secure_origin() {
    if [ -n "${pid[secure]:-}" ]; then return; fi
    free_port secure_port
    nginx_configuration secure <<END
    server {
        listen 127.0.0.1:$secure_port ssl backlog=1024; root $work/files;
        ssl_certificate $work/relay.crt; ssl_certificate_key $work/relay.key;
        location /api/v1/customers/ { return 200 '$answer'; }
    }
END
    start secure nginx -c "$work/secure.conf"
    await secure "$secure_port" || return 1
    secure_worker=$(child_of "${pid[secure]}")
}

# nginx with all it can do of the relay's work: TLS on both sides, the origin's certificate checked, a token asked for,
# one location allowed, the key put in, and a line in the access log for each call.
start_secure_proxy() {
    free_port secure_proxy_port
    nginx_configuration secure-proxy <<END
    upstream origin { server 127.0.0.1:$secure_port; keepalive 256; keepalive_requests 100000000; }
    server {
        listen 127.0.0.1:$secure_proxy_port ssl backlog=1024;
        ssl_certificate $work/relay.crt; ssl_certificate_key $work/relay.key;
        access_log $work/secure-proxy/access.log combined;
        location ~ ^/api/v1/customers/[^/]+$ {
            if (\$http_authorization != "Bearer $agent") { return 401; }
            proxy_pass https://origin; proxy_http_version 1.1; proxy_set_header Connection "";
            proxy_ssl_verify on; proxy_ssl_trusted_certificate $work/ca.crt; proxy_ssl_name localhost;
            proxy_set_header X-API-Key bench-key-0123456789abcdef; proxy_set_header Authorization "";
        }
        location / { return 403; }
    }
END
    start secure-proxy nginx -c "$work/secure-proxy.conf"
    await secure-proxy "$secure_proxy_port" || return 1
    secure_proxy_worker=$(child_of "${pid[secure-proxy]}")
}

# The relay up, and an API of it that is called directly.
start_direct() {
    start_secure_origin && serve_relay || return 1
    if [ -z "${has_direct:-}" ]; then
        api POST /v1/apis "$user_token" "$(definition direct "https://127.0.0.1:$secure_port")" || return 1
        has_direct=1
    fi
    api GET /v1/proxy/direct/customers/cust_12345 "$agent" || return 1
    if [ "$reply" != "$answer" ]; then
        trouble "a direct call answered something else: $reply" relay
        return 1
    fi
}

# curl's own process, over as many connections: what an HTTPS GET costs a client that does nothing else.
row_curl() {
    local count=$((seconds * 2000)) times done_count TIMEFORMAT='%R %U %S'
    times=$({ time timeout $((seconds + 60)) curl -sS -Z --parallel-max 64 --http1.1 --cacert "$work/ca.crt" \
        -H "X-API-Key: bench-key-0123456789abcdef" -o /dev/null -w '%{http_code}\n' \
        "https://127.0.0.1:$secure_port/api/v1/customers/cust_[1-$count]" \
        >"$work/curl.codes" 2>"$work/curl.log"; } 2>&1) || true
    done_count=$(grep -c '^200$' "$work/curl.codes") || true
    if [ "$done_count" != "$count" ]; then
        trouble "curl got $done_count of $count answers" curl
        return 1
    fi
    sample direct_curl.rps "$(awk -v n="$count" '{ printf "%.0f", n / $1 }' <<<"$times")"
    sample direct_curl.cpu_us "$(awk -v n="$count" '{ printf "%.2f", ($2 + $3) * 1e6 / n }' <<<"$times")"
}

measure_direct() {
    local round base item
    if ! start_direct; then
        for item in direct_nginx direct_proxy direct_tools direct_curl; do missing[$item]=$why; done
        return 1
    fi
    start_secure_proxy || missing[direct_nginx]=$why
    base=https://127.0.0.1:$relay_port/v1
    for round in $(seq "$rounds"); do
        last=()
        BENCH_TOKEN=$agent try direct_nginx row direct_nginx 64 "https://127.0.0.1:$secure_proxy_port$path" \
            relay="$secure_proxy_worker" origin="$secure_worker"
        BENCH_TOKEN=$agent try direct_proxy row direct_proxy 64 "$base/proxy/direct/customers/cust_12345" \
            relay="${pid[relay]}" origin="$secure_worker"
        BENCH_TOKEN=$agent BENCH_METHOD=POST BENCH_BODY='{"customer_id":"cust_12345"}' \
            try direct_tools row direct_tools 64 "$base/tools/direct/get_customer" \
            relay="${pid[relay]}" origin="$secure_worker"
        beside direct_proxy direct_nginx nginx
        beside direct_tools direct_nginx nginx
        try direct_curl row_curl
    done
    stop secure-proxy
}
