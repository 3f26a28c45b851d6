# The parts of the benchmark but requests. Each sets figures; a part that cannot be measured says why in `missing`.
# shellcheck shell=bash disable=SC2034,SC2154

# usage: bulk KEY BYTES BEFORE… — MB/s, and CPU seconds for each GB, of bytes that were carried in `microseconds`.
bulk() {
    sample "$1.mb_s" "$(calc %.0f "$2 / $microseconds")"
    sample "$1.relay_cpu_s_per_gb" "$(calc %.3f "($(cpu_us "${pid[relay]}") - $3) / $2 * 1000")"
    sample "$1.connector_cpu_s_per_gb" "$(calc %.3f "($(cpu_us "${pid[connector]}") - $4) / $2 * 1000")"
}

sunk() { curl -sS --max-time 10 "http://127.0.0.1:$sink_port/" | sed 's/[^0-9]//g'; }

measure_bulk() {
    local relay connector before base
    start_product || { missing[download]=$why missing[upload]=$why; return 1; }
    base=https://127.0.0.1:$relay_port/v1/proxy
    relay=$(cpu_us "${pid[relay]}") connector=$(cpu_us "${pid[connector]}")
    if BENCH_TOKEN=$agent load 4 "$bulk_seconds" "$base/bench/bulk"; then
        bulk download "$bytes" "$relay" "$connector"
    else
        missing[download]=$why
    fi
    before=$(sunk) relay=$(cpu_us "${pid[relay]}") connector=$(cpu_us "${pid[connector]}")
    if BENCH_TOKEN=$agent BENCH_METHOD=POST BENCH_MIB=16 load 4 "$bulk_seconds" "$base/sink/upload"; then
        bulk upload $(($(sunk) - before)) "$relay" "$connector"
    else
        missing[upload]=$why
    fi
}

# usage: time_start NAME PORT START_FUNCTION — milliseconds from the start of the process to its first 200 on /readyz.
time_start() {
    local began=${EPOCHREALTIME/[.,]/} port=$2
    "$3"
    until answers "$port" /readyz; do
        kill -0 "${pid[$1]}" 2>/dev/null || { await "$1" "$port" /readyz; return 1; }
        [ $((${EPOCHREALTIME/[.,]/} - began)) -lt 20000000 ] || { await "$1" "$port" /readyz; return 1; }
        sleep 0.002
    done
    sample "$1.start_ms" "$(calc %.0f "(${EPOCHREALTIME/[.,]/} - $began) / 1000")"
}

measure_start() {
    local _
    make_relay || { missing[relay]=$why missing[connector]=$why; return 1; }
    for _ in $(seq "$starts"); do
        stop connector relay
        time_start relay "$admin_port" start_relay || { missing[relay]=$why; return 1; }
        time_start connector "$health_port" start_connector || { missing[connector]=$why; return 1; }
        sleep 1
        sample relay.resident_mb "$(calc %.1f "$(resident_kb "${pid[relay]}") * 1.024 / 1000")"
        sample connector.resident_mb "$(calc %.1f "$(resident_kb "${pid[connector]}") * 1.024 / 1000")"
    done
}

# A tunnel takes 64 sessions, so that there are 40 tunnels with 50 each. The relay is a fresh one: memory that an
# earlier load left behind would hide what sessions take.
measure_idle() {
    local count=2000 tunnels=40 number before deadline=$((SECONDS + 60))
    make_relay || { missing[idle]=$why; return 1; }
    stop connector relay
    start_relay
    await relay "$admin_port" /readyz || { missing[idle]=$why; return 1; }
    for number in $(seq "$tunnels"); do
        api POST /v1/tunnels "$user_token" "{\"name\": \"idle-$number\"}" || { missing[idle]=$why; return 1; }
        field token <<<"$reply" >>"$work/idle.tokens"
    done
    before=$(resident_kb "${pid[relay]}")
    start idle "$bin/penstock-bench" idle --relay "127.0.0.1:$relay_port" --ca "$work/ca.crt" \
        --tokens "$work/idle.tokens" --sessions "$count"
    until grep -q 'sessions are up' "$work/idle.log"; do
        if ! kill -0 "${pid[idle]}" 2>/dev/null || [ "$SECONDS" -ge "$deadline" ]; then
            trouble "$count idle sessions could not be opened" idle
            missing[idle]=$why
            return 1
        fi
        sleep 0.1
    done
    # Long enough for each session to have been asked whether it is there.
    sleep 6
    if ! kill -0 "${pid[idle]}" 2>/dev/null; then
        trouble "the idle sessions did not stay up" idle
        missing[idle]=$why
        return 1
    fi
    sample idle_tunnel_kb "$(calc %.1f "($(resident_kb "${pid[relay]}") - $before) / $count")"
    stop idle relay
}

# Connector and origins on one side of a wire of 50 ms each way, relay and caller on the other.
measure_distance() {
    local inside=("$here/netlab/netlab.sh" exec) url
    if [ "$(id -u)" != 0 ] || ! [ -c /dev/net/tun ]; then
        missing[distance]="skipped: it needs root and /dev/net/tun"
        echo "bench: ${missing[distance]}" >&2
        return 1
    fi
    make_relay || { missing[distance]=$why; return 1; }
    stop_all
    lab=bench-$$
    if ! "$here/netlab/netlab.sh" up "$lab" --delay 50ms >"$work/netlab.log" 2>&1; then
        missing[distance]="skipped: netlab did not come up: $(tail -n 1 "$work/netlab.log")"
        echo "bench: ${missing[distance]}" >&2
        lab=''
        return 1
    fi
    relay_configuration 10.77.0.2 "$relay_port" "$admin_port"
    connector_configuration connector "10.77.0.2:$relay_port" "$work/tunnel.token" 2 "$health_port"
    start origin "${inside[@]}" "$lab" a nginx -c "$work/origin.conf"
    start sink "${inside[@]}" "$lab" a "$bin/penstock-bench" sink --listen "127.0.0.1:$sink_port"
    start relay "${inside[@]}" "$lab" b "$bin/penstock-relay" serve --config "$work/relay.yaml" --log-level warning
    start connector "${inside[@]}" "$lab" a "$bin/penstock-connector" run --config "$work/connector.yaml" \
        --log-level warning
    if ! "${inside[@]}" "$lab" a curl -sS -o /dev/null --retry 40 --retry-delay 1 --retry-all-errors --max-time 15 \
        --fail "http://127.0.0.1:$health_port/readyz" 2>"$work/curl.log"; then
        trouble "the connector found no relay across the wire" connector
        missing[distance]=$why
        return 1
    fi
    url=https://10.77.0.2:$relay_port/v1/proxy
    across distance.download_mb_s "$url/bench/long" || missing[distance]=$why
    across distance.upload_mb_s "$url/sink/upload" -H "Content-Type: application/json" -H "Expect:" \
        -T "$work/files/api/v1/long" -X POST || missing[distance]=$why
    stop_all
    "$here/netlab/netlab.sh" down "$lab" >/dev/null 2>&1 || true
    lab=''
    relay_configuration 127.0.0.1 "$relay_port" "$admin_port"
    connector_configuration connector "127.0.0.1:$relay_port" "$work/tunnel.token" 2 "$health_port"
}

# usage: across KEY URL CURL_OPTION… — MB/s of one transfer that begins on a connection of its own.
across() {
    local key=$1 url=$2 out
    shift 2
    out=$("$here/netlab/netlab.sh" exec "$lab" b curl -sS --fail --http1.1 --max-time 60 -o /dev/null \
        --cacert "$work/ca.crt" -H "Authorization: Bearer $agent" \
        -w '%{speed_download} %{speed_upload}' "$@" "$url" 2>"$work/curl.log") || {
        trouble "a transfer across the wire failed: $(tail -n 1 "$work/curl.log")" relay
        return 1
    }
    sample "$key" "$(awk '{ printf "%.1f", ($1 > $2 ? $1 : $2) / 1e6 }' <<<"$out")"
}

# The connector as it is shipped: with the Swift standard library inside, and stripped.
measure_size() {
    strip -o "$work/stripped" "$bin/penstock-connector"
    sample connector.stripped_mb "$(calc %.1f "$(stat -c %s "$work/stripped") / 1e6")"
}
