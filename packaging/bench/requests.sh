# Part requests: small calls at several numbers of connections, and what all rows of calls share. Sourced by bench.sh.
# shellcheck shell=bash disable=SC2034,SC2154

declare -A samples=() missing=() last=()

# usage: sample KEY VALUE — the figure of a key is the median of its samples.
sample() { samples[$1]+="$2 "; }

figure() { printf '%s\n' ${samples[$1]:-} | sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'; }

write_load_script() {
    cat >"$work/load.lua" <<'END'
local token, mib = os.getenv("BENCH_TOKEN"), tonumber(os.getenv("BENCH_MIB") or "0")
wrk.method = os.getenv("BENCH_METHOD") or "GET"
wrk.body = os.getenv("BENCH_BODY")
if mib > 0 then wrk.body = string.rep("\0", mib * 1048576) end
if token then wrk.headers["Authorization"] = "Bearer " .. token end
if wrk.body then wrk.headers["Content-Type"] = "application/json" end
local session, id = os.getenv("BENCH_MCP_SESSION"), 1
if session then
    local headers = { ["Mcp-Session-Id"] = session, ["Content-Type"] = "application/json",
        ["Accept"] = "application/json, text/event-stream" }
    if token then headers["Authorization"] = "Bearer " .. token end
    function request()
        id = id + 1
        return wrk.format("POST", nil, headers, '{"jsonrpc":"2.0","id":' .. id .. ',"method":"tools/call","params":' ..
            '{"name":"get_customer","arguments":{"customer_id":"cust_12345"}}}')
    end
end
function done(summary, latency)
    local e = summary.errors
    io.write(string.format("RESULT %d %d %d %d %d %d\n", summary.requests, summary.duration, summary.bytes,
        latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
END
}

# usage: load CONNECTIONS SECONDS URL — sets requests, microseconds, bytes, p50, p99 and errors.
load() {
    local line
    [ -s "$work/load.lua" ] || write_load_script
    line=$(timeout $(($2 + 30)) wrk -t 1 -c "$1" -d "${2}s" --timeout 20s -s "$work/load.lua" "$3" 2>&1 |
        tee "$work/wrk.log" | grep '^RESULT ') || line=''
    if [ -z "$line" ]; then
        trouble "wrk gave no result for $3" wrk
        return 1
    fi
    read -r _ requests microseconds bytes p50 p99 errors <<<"$line"
    if [ "$requests" = 0 ] || [ "$errors" -gt $((requests / 100)) ]; then
        trouble "$errors of $requests requests to $3 failed" wrk
        return 1
    fi
}

# Microseconds that all processors have been busy, with those that a virtual machine's host gave to others. Interrupts do
# not count: processes' times do not contain them either.
machine_us() { awk -v tick="$tick_us" '/^cpu / { printf "%.0f", ($2 + $3 + $4 + $9) * tick }' /proc/stat; }

# Microseconds that this script and everything it started has used.
own_us() {
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v root="$$" -v tick="$tick_us" '
        { id = $1; sub(/.*\) /, ""); parent[id] = $2; used[id] = $12 + $13 + $14 + $15 }
        END {
            for (id in parent) {
                for (up = id; up in parent && up != root; up = parent[up]);
                if (up == root) sum += used[id]
            }
            printf "%.0f", sum * tick
        }'
}

# usage: row KEY CONNECTIONS URL NAME=PID… — requests a second, latencies, the CPU of each process and of all but the origin
# per request, and how many processors the rest of the machine kept busy meanwhile.
row() {
    local key=$1 connections=$2 url=$3 pair name machine own used sum=0 before=()
    shift 3
    last[$key]=''
    load "$connections" 1 "$url" || return 1
    machine=$(machine_us) own=$(own_us)
    for pair in "$@"; do before+=("$(cpu_us "${pair#*=}")"); done
    load "$connections" "$seconds" "$url" || return 1
    for pair in "$@"; do
        name=${pair%=*} used=$(calc %.2f "($(cpu_us "${pair#*=}") - ${before[0]}) / $requests")
        before=("${before[@]:1}")
        sample "$key.${name}_cpu_us" "$used"
        if [ "$name" != origin ]; then sum=$(calc %.2f "$sum + $used"); fi
    done
    last[$key]=$sum
    sample "$key.cpu_us" "$sum"
    sample "$key.others_cpus" "$(awk -v all="$(($(machine_us) - machine))" -v own="$(($(own_us) - own))" \
        -v time="$microseconds" 'BEGIN { rest = (all - own) / time; printf "%.2f", (rest > 0 ? rest : 0) }')"
    sample "$key.rps" "$(calc %.0f "$requests / $microseconds * 1e6")"
    sample "$key.p50_ms" "$(calc %.2f "$p50 / 1000")"
    sample "$key.p99_ms" "$(calc %.2f "$p99 / 1000")"
    sample "$key.errors" "$errors"
}

# usage: beside KEY PEER_KEY NAME — the CPU of the row that was last measured, by that of a peer in the same round.
beside() {
    if [ -n "${last[$1]:-}" ] && [ -n "${last[$2]:-}" ]; then
        sample "$1.ratio_to_$3" "$(calc %.2f "${last[$1]} / ${last[$2]}")"
    fi
}

# The same over HTTP/2, as an agent's client would: 8 connections with 8 streams each.
row_http2() {
    local relay connector done_count
    relay=$(cpu_us "${pid[relay]}") connector=$(cpu_us "${pid[connector]}")
    timeout $((seconds + 30)) h2load -c 8 -m 8 -t 1 -D "$seconds" -H "authorization: Bearer $agent" \
        "https://127.0.0.1:$relay_port/v1/proxy/bench/customers/cust_12345" >"$work/h2load.log" 2>&1 || true
    done_count=$(sed -n 's/^status codes: \([0-9]*\) 2xx.*/\1/p' "$work/h2load.log")
    if [ "${done_count:-0}" = 0 ]; then
        trouble "h2load got no answer over HTTP/2" h2load
        return 1
    fi
    relay=$(calc %.2f "($(cpu_us "${pid[relay]}") - $relay) / $done_count")
    connector=$(calc %.2f "($(cpu_us "${pid[connector]}") - $connector) / $done_count")
    sample proxy_http2.relay_cpu_us "$relay"
    sample proxy_http2.connector_cpu_us "$connector"
    sample proxy_http2.cpu_us "$(calc %.2f "$relay + $connector")"
    sample proxy_http2.rps "$(calc %.0f "$done_count / $seconds")"
}

# usage: try KEY COMMAND… — runs it unless the row is missing already; the row is missing where it fails.
try() {
    [ -z "${missing[$1]:-}" ] || return 0
    "${@:2}" || missing[$1]=$why
}

# usage: requests_round CONNECTIONS — one row of everything, one after the other.
requests_round() {
    local n=$1 base=https://127.0.0.1:${relay_port:-0}/v1
    last=()
    try nginx_proxy row "nginx_proxy_$n" "$n" "http://127.0.0.1:$proxy_port$path" relay="$proxy_worker"
    try haproxy row "haproxy_$n" "$n" "http://127.0.0.1:${haproxy_port:-0}$path" relay="${pid[haproxy]:-}" \
        connector="${pid[haproxy-connector]:-}"
    try reverse_http row "reverse_http_$n" "$n" "http://127.0.0.1:${front_port:-0}$path" relay="${pid[front]:-}" \
        connector="${pid[front-connector]:-}"
    BENCH_TOKEN=${agent:-} try haproxy_gateway row "haproxy_gateway_$n" "$n" \
        "https://127.0.0.1:${haproxy_gateway_port:-0}/v1/proxy/bench/customers/cust_12345" \
        relay="${pid[haproxy-gateway]:-}" connector="${pid[haproxy-gateway-connector]:-}"
    BENCH_TOKEN=${agent:-} try proxy row "proxy_$n" "$n" "$base/proxy/bench/customers/cust_12345" \
        relay="${pid[relay]:-}" connector="${pid[connector]:-}"
    BENCH_TOKEN=${agent:-} BENCH_METHOD=POST BENCH_BODY='{"customer_id":"cust_12345"}' \
        try tools row "tools_$n" "$n" "$base/tools/bench/get_customer" \
        relay="${pid[relay]:-}" connector="${pid[connector]:-}"
    beside "reverse_http_$n" "nginx_proxy_$n" nginx
    beside "reverse_http_$n" "haproxy_$n" haproxy
    beside "proxy_$n" "nginx_proxy_$n" nginx
    beside "proxy_$n" "haproxy_gateway_$n" haproxy
    beside "tools_$n" "nginx_proxy_$n" nginx
    beside "tools_$n" "haproxy_gateway_$n" haproxy
}

measure_requests() {
    local round n
    start_origin && start_nginx_proxy || { missing[nginx_proxy]=$why; return 1; }
    start_front || missing[reverse_http]=$why
    start_product || missing[proxy]=$why missing[tools]=$why missing[proxy_http2]=$why
    start_haproxy
    for round in $(seq "$rounds"); do
        for n in $connection_counts; do requests_round "$n"; done
        try proxy_http2 row_http2
        # HAProxy's log goes to its output; what a round wrote is not kept.
        [ -z "${pid[haproxy-gateway]:-}" ] || : >"$work/haproxy-gateway.log"
    done
    stop front front-connector proxy haproxy haproxy-connector haproxy-gateway haproxy-gateway-connector
}
