# Part tools_peer: one tool call through Penstock and through FastMCP's server for the same OpenAPI operation, both to
# the same HTTPS origin, both over TLS and with a token. The relay keeps a durable audit record of each call and takes the
# credential from its vault; FastMCP keeps no record and has the credential in memory. Sourced by bench.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# FastMCP in a virtual environment below .build, so that the next run finds it. Sets `python`, or `peer_missing`.
install_peer() {
    local home=$root/.build/bench-python
    python=$home/bin/python peer_missing=''
    if cmp -s "$here/bench/peers.txt" "$home/peers.txt"; then return; fi
    mkdir -p "$root/.build"
    if ! command -v python3 >/dev/null; then
        peer_missing="skipped: there is no python3"
    elif ! timeout 60 python3 -m venv --clear "$home" >/dev/null 2>&1; then
        peer_missing="skipped: python3 makes no virtual environment (Debian: python3-venv)"
    elif ! timeout 300 "$home/bin/pip" install -q --disable-pip-version-check \
        -r "$here/bench/peers.txt" >/dev/null 2>&1; then
        peer_missing="skipped: pip cannot install packaging/bench/peers.txt"
    else
        cp "$here/bench/peers.txt" "$home/peers.txt"
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
}

measure_tools_peer() {
    local round ratio
    if [ -n "$peer_missing" ]; then
        missing[tools_peer]=$peer_missing
        return
    fi
    if ! start_direct || ! start_peer; then
        missing[tools_peer]=$why
        return 1
    fi
    for round in $(seq "$rounds"); do
        last=()
        BENCH_TOKEN=$agent BENCH_METHOD=POST BENCH_BODY='{"customer_id":"cust_12345"}' \
            try tools_peer row tools_peer_penstock 64 "https://127.0.0.1:$relay_port/v1/tools/direct/get_customer" \
            relay="${pid[relay]}"
        BENCH_TOKEN=$agent BENCH_MCP_SESSION=$session \
            try tools_peer row tools_peer_fastmcp 64 "https://127.0.0.1:$peer_port/mcp" relay="${pid[peer]}"
        beside tools_peer_fastmcp tools_peer_penstock penstock
    done
    stop peer
}
