# Part tools_peer: one tool call through Penstock and through FastMCP's server for the same OpenAPI operation, both to
# the same HTTPS origin, both over TLS and with a token. FastMCP is spared the vault and the audit. Sourced by bench.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# FastMCP in a virtual environment below .build, so that the next run finds it. Sets `python`, or `peer_missing`.
install_peer() {
    local home=$root/.build/bench-python
    python=$home/bin/python peer_missing=''
    if "$python" -c 'import fastmcp' 2>/dev/null; then return; fi
    mkdir -p "$root/.build"
    if ! command -v python3 >/dev/null; then
        peer_missing="skipped: there is no python3"
    elif ! timeout 60 python3 -m venv --clear "$home" >/dev/null 2>&1; then
        peer_missing="skipped: python3 makes no virtual environment (Debian: python3-venv)"
    elif ! timeout 300 "$home/bin/pip" install -q --disable-pip-version-check fastmcp >/dev/null 2>&1; then
        peer_missing="skipped: pip cannot install fastmcp"
    fi
    [ -z "$peer_missing" ] || echo "bench: tools_peer: $peer_missing" >&2
}

# usage: mcp JSON — posts a message in the peer's session; sets `reply`, its head included.
mcp() {
    reply=$(curl -sS -i --max-time 20 -H "Content-Type: application/json" \
        -H "Accept: application/json, text/event-stream" ${session:+-H "Mcp-Session-Id: $session"} \
        -H "Authorization: Bearer $agent" --cacert "$work/ca.crt" \
        --data-binary "$1" "https://127.0.0.1:$peer_port/mcp" 2>&1 | tr -d '\r') || true
}

start_peer() {
    free_port peer_port
    (umask 077 && echo "$agent" >"$work/peer.token")
    start peer "$python" "$here/bench/fastmcp_server.py" "$peer_port" "https://127.0.0.1:$secure_port" "$work/ca.crt" \
        "$work/relay.crt" "$work/relay.key" "$work/peer.token"
    await peer "$peer_port" || return 1
    session=''
    mcp '{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},
        "clientInfo":{"name":"bench","version":"1"}}}'
    session=$(sed -n 's/^mcp-session-id: //Ip' <<<"$reply")
    mcp '{"jsonrpc":"2.0","method":"notifications/initialized"}'
    mcp '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_customer",
        "arguments":{"customer_id":"cust_12345"}}}'
    if [ -z "$session" ] || ! grep -q 'Ada Lovelace' <<<"$reply" || grep -q '"isError": *true' <<<"$reply"; then
        trouble "FastMCP answered something else: ${reply##*$'\n'}" peer
        return 1
    fi
    sample tools_peer.fastmcp_version \
        "\"$("$python" -c 'import importlib.metadata as m; print(m.version("fastmcp"))')\""
}

# usage: calls_per_cpu_s KEY PID CONNECTIONS URL
calls_per_cpu_s() {
    local before
    load "$3" 1 "$4" || return 1
    before=$(cpu_us "$2")
    load "$3" "$seconds" "$4" || return 1
    sample "tools_peer.$1" "$(calc %.0f "$requests / ($(cpu_us "$2") - $before) * 1e6")"
}

measure_tools_peer() {
    local round ours theirs
    if [ -n "$peer_missing" ]; then
        missing[tools_peer]=$peer_missing
        return
    fi
    if ! start_direct || ! start_peer; then
        missing[tools_peer]=$why
        return 1
    fi
    for round in $(seq "$rounds"); do
        BENCH_TOKEN=$agent BENCH_METHOD=POST BENCH_BODY='{"customer_id":"cust_12345"}' calls_per_cpu_s \
            penstock_calls_per_cpu_s "${pid[relay]}" 64 "https://127.0.0.1:$relay_port/v1/tools/direct/get_customer" &&
            BENCH_TOKEN=$agent BENCH_MCP_SESSION=$session calls_per_cpu_s \
                fastmcp_calls_per_cpu_s "${pid[peer]}" 64 "https://127.0.0.1:$peer_port/mcp" || {
            missing[tools_peer]=$why
            break
        }
    done
    stop peer
    ours=$(figure tools_peer.penstock_calls_per_cpu_s) theirs=$(figure tools_peer.fastmcp_calls_per_cpu_s)
    if [ -n "$ours" ] && [ -n "$theirs" ]; then sample tools_peer.ratio "$(calc %.1f "$ours / $theirs")"; fi
}
