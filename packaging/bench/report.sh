# The table and the JSON object. Sourced by bench.sh.
# shellcheck shell=bash disable=SC2154

failed=0

cpu_model() { sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1; }

# usage: judge VALUE LIMIT — "≤ LIMIT" and whether it holds; nothing where there is no value.
judge() {
    if [ -z "$1" ]; then printf '≤ %s: not measured' "$2"; else
        awk -v value="$1" -v limit="$2" 'BEGIN { printf "≤ %s: %s", limit, value <= limit ? "pass" : "FAIL" }'
    fi
}

# usage: cell KEY — the median, and the least and the most of its samples where there are several.
cell() {
    printf '%s\n' ${samples[$1]:-} | sort -n | awk '{ v[NR] = $1 }
        END { if (NR > 1) printf "%s [%s–%s]", v[int((NR + 1) / 2)], v[1], v[NR]; else if (NR) printf "%s", v[1] }'
}

# usage: call_row TITLE KEY [LIMIT_TO_NGINX [LIMIT_TO_HAPROXY]]
call_row() {
    local key=$2 verdict='' peer
    [ -n "$(figure "$key.rps")" ] || return 0
    if [ -n "${3:-}" ]; then verdict="$(judge "$(figure "$key.ratio_to_nginx")" "$3") (nginx)"; fi
    if [ -n "${4:-}" ] && [ -n "$(figure "$key.ratio_to_haproxy")" ]; then
        verdict+="${verdict:+; }$(judge "$(figure "$key.ratio_to_haproxy")" "$4") (HAProxy)"
    fi
    echo "$1|$(cell "$key.rps")|$(cell "$key.p50_ms")|$(cell "$key.p99_ms")|$(cell "$key.relay_cpu_us")|$(
        cell "$key.connector_cpu_us")|$(cell "$key.cpu_us")|$(cell "$key.ratio_to_nginx")|$(
        cell "$key.ratio_to_haproxy")|$(cell "$key.others_cpus")|$verdict"
}

# Calls: rate, latencies, CPU per call, ratios of CPU in the same round, and the rest of the machine.
call_rows() {
    local n
    echo "what|calls /s|p50 ms|p99 ms|relay µs|connector µs|sum µs|× nginx|× HAProxy|others, CPUs|target"
    if wants requests; then
        for n in $connection_counts; do
            echo "$n connection$([ "$n" = 1 ] || echo s)||||||||||"
            call_row "nginx, reverse proxy" "nginx_proxy_$n"
            call_row "HAProxy, reverse HTTP bare" "haproxy_$n"
            case $n in
            1) set -- "" "" "" 2 "" "" ;;
            64) set -- 1.6 1 5 2 "" 2.6 ;;
            *) set -- "" "" "" "" "" "" ;;
            esac
            call_row "ReverseHTTP + connector" "reverse_http_$n" "$1" "$2"
            call_row "HAProxy as a gateway, TLS" "haproxy_gateway_$n"
            call_row "/v1/proxy, whole relay" "proxy_$n" "$3" "$4"
            call_row "/v1/tools, whole relay" "tools_$n" "$5" "$6"
        done
        call_row "/v1/proxy over HTTP/2, 8 × 8 streams" proxy_http2
    fi
    if wants direct; then
        echo "64 connections, without a tunnel||||||||||"
        call_row "nginx, TLS on both sides" direct_nginx
        call_row "/v1/proxy, direct" direct_proxy 5
        call_row "/v1/tools, direct" direct_tools
        call_row "curl -Z, the client alone" direct_curl
    fi
    if wants tools_peer; then
        echo "64 connections, one tool call||||||||||"
        call_row "/v1/tools, durable audit" tools_peer_penstock
        call_row "FastMCP tools/call, no audit" tools_peer_fastmcp
    fi
}

bulk_row() {
    local relay connector
    relay=$(figure "$2.relay_cpu_s_per_gb") connector=$(figure "$2.connector_cpu_s_per_gb")
    echo "$1|$(figure "$2.mb_s") MB/s; CPU s/GB: relay $relay, connector $connector${relay:+, sum $(
        calc %.3f "$relay + $connector")}|"
}

# usage: judge_least VALUE LIMIT — "≥ LIMIT" and whether it holds.
judge_least() {
    if [ -z "$1" ]; then printf '≥ %s: not measured' "$2"; else
        awk -v value="$1" -v limit="$2" 'BEGIN { printf "≥ %s: %s", limit, (value >= limit) ? "pass" : "FAIL" }'
    fi
}

# usage: value_row TITLE KEY UNIT [LIMIT]
value_row() { echo "$1|$(cell "$2") $3|${4:+$(judge "$(figure "$2")" "$4")}"; }

value_rows() {
    echo "what|rate or size|target"
    if wants bulk; then
        bulk_row "download, 16 MiB × 4" download
        bulk_row "upload, 16 MiB × 4" upload
    fi
    if wants tools_peer; then
        echo "tool calls, FastMCP's CPU to Penstock's|$(cell tools_peer_fastmcp.ratio_to_penstock) ×|$(
            judge_least "$(figure tools_peer_fastmcp.ratio_to_penstock)" 20)"
    fi
    if wants schema; then
        value_row "schema: 10 kB answer, Penstock" schema.is_valid_us µs "$(figure schema.jsonschema_rs_us)"
        value_row "schema: the same with every violation" schema.validate_us µs
        value_row "schema: the same, jsonschema-rs" schema.jsonschema_rs_us µs
        value_row "schema: the same, jsonschema (Python)" schema.jsonschema_us µs
        value_row "schema: compiling it, Penstock" schema.compile_us µs
    fi
    if wants distance; then
        value_row "download, 1 stream at 100 ms" distance.download_mb_s MB/s
        value_row "upload, 1 stream at 100 ms" distance.upload_mb_s MB/s
    fi
    if wants idle; then value_row "relay memory per idle tunnel" idle_tunnel_kb kB 48; fi
    if wants start; then
        value_row "relay start-up" relay.start_ms ms
        value_row "connector start-up, tunnel up" connector.start_ms ms
        value_row "relay resident, idle" relay.resident_mb MB
        value_row "connector resident, idle" connector.resident_mb MB 25
    fi
    if wants logs; then
        value_row "audit, strict, 1 call in flight" logs.strict_1_us µs
        value_row "audit, strict, 64 in flight" logs.strict_64_us µs
        value_row "audit, relaxed, 1 call in flight" logs.relaxed_1_us µs
        value_row "audit, relaxed, 64 in flight" logs.relaxed_64_us µs
        value_row "logs: records" logs.records ""
        value_row "record: encode, chain, write, sync" logs.append_us µs
        value_row "record: indexes and figures" logs.derive_us µs 3
        value_row "relay start-up over them" logs.start_ms ms
        value_row "logs: first page of 100" logs.first_page_ms ms
        value_row "logs: one endpoint's" logs.endpoint_ms ms
        value_row "logs: one kind of failure's" logs.failures_ms ms
        value_row "logs: one upstream status's" logs.upstream_status_ms ms
        value_row "logs: a status that none has" logs.absent_status_ms ms
        value_row "logs: page behind nine tenths" logs.deep_cursor_ms ms
        value_row "summary of a day" logs.summary_day_ms ms
        value_row "summary of a month" logs.summary_month_ms ms
    fi
    if wants size; then value_row "connector, static, stripped" connector.stripped_mb MB 32; fi
}

# usage: print_rows FILE — lines with "|" between their cells, the first one's as headings, in columns.
# awk's length counts characters only in a UTF-8 locale: where it counts bytes, the continuation bytes are taken off.
print_rows() {
    awk -F '|' '
        function width(text) { gsub(/[\200-\277]/, "", text); return length(text) }
        { if (NF > columns) columns = NF
          for (i = 1; i <= NF; i++) {
            if ($i ~ /^ (µs|MB\/s|MB|ms|kB|×)$/) $i = "–"
            cell[NR, i] = $i; if (width($i) > widest[i]) widest[i] = width($i) } }
        END { for (row = 1; row <= NR; row++) {
            line = ""
            for (i = 1; i <= columns; i++) {
                pad = sprintf("%" (widest[i] - width(cell[row, i])) "s", "")
                line = line (i == 1 || i == columns ? cell[row, i] pad : pad cell[row, i]) "  "
            }
            sub(/ +$/, "", line); print line
            if (row == 1) { rule = line; gsub(/[\200-\277]/, "", rule); gsub(/./, "-", rule); print rule }
        } }' <(cat "$1") | LC_ALL=C sed 's/ *$//'
}

# The peers' versions, as "name version" lines.
peer_versions() {
    nginx -v 2>&1 | sed -n 's/.*nginx\/\([0-9.]*\).*/nginx \1/p'
    if wants requests && [ -n "${haproxy_version:-}" ]; then echo "haproxy $haproxy_version"; fi
    if wants tools_peer && [ -z "$peer_missing" ]; then sed -n 's/^fastmcp==/fastmcp /p' "$here/bench/peers.txt"; fi
    if wants schema; then
        grep -o '"jsonschema[a-z-]*\(\[format\]\)\?==[0-9.]*' "$here/bench/schema_peers.py" |
            sed 's/"//; s/\[format\]//; s/==/ /'
    fi
}

print_table() {
    local key
    printf '\n%s cores, %s, Linux %s; %s-byte JSON; %s\n' "$(nproc)" "$(cpu_model)" "$(uname -r)" "${#answer}" \
        "$(peer_versions | paste -sd ',' | sed 's/,/, /g')"
    if wants requests || wants direct || wants tools_peer; then
        call_rows >"$work/rows"
        printf 'keep-alive connections from wrk; median [least–most] of %s × %s s, rows one after the other in each round\n\n' \
            "$rounds" "$seconds"
        print_rows "$work/rows"
    fi
    value_rows >"$work/values"
    if [ "$(wc -l <"$work/values")" -gt 1 ]; then
        echo
        print_rows "$work/values"
    fi
    for key in "${!missing[@]}"; do echo "not measured: $key: ${missing[$key]}"; done | sort
}

# Figures under "a.b" become members of an object "a".
print_json() {
    local key
    {
        for key in "${!samples[@]}"; do
            echo "$key $(figure "$key")"
            printf '%s\n' ${samples[$key]} | sort -n | awk -v key="$key" '{ v[NR] = $1 }
                END { if (NR > 1) printf "%s_least %s\n%s_most %s\n", key, v[1], key, v[NR] }'
        done
        peer_versions | sed 's/^\([^ ]*\) \(.*\)/peers.\1 "\2"/'
        for key in "${!missing[@]}"; do echo "missing.$key \"$(sed 's/["\\]/\\&/g; s/[[:cntrl:]]/ /g' <<<"${missing[$key]}")\""; done
        echo "machine.cores $(nproc)"
        echo "machine.cpu \"$(cpu_model)\""
        echo "machine.kernel \"$(uname -r)\""
        echo "run.connections \"$connection_counts\""
        echo "run.body_bytes ${#answer}"
        echo "run.rounds $rounds"
        echo "run.seconds $seconds"
        echo "run.date \"$(date -u +%Y-%m-%dT%H:%M:%SZ)\""
    } | sort | awk '
        BEGIN { printf "{" }
        { key = $1; value = substr($0, length(key) + 2); dot = index(key, ".")
          group = dot ? substr(key, 1, dot - 1) : ""
          if (group != open && open != "") printf "\n  }"
          if (group == "") printf "%s\n  \"%s\": %s", started++ ? "," : "", key, value
          else if (group != open) printf "%s\n  \"%s\": {\n    \"%s\": %s", started++ ? "," : "", group, substr(key, dot + 1), value
          else printf ",\n    \"%s\": %s", substr(key, dot + 1), value
          open = group }
        END { if (open != "") printf "\n  }"; print "\n}" }'
}

# Exits with 1 where a target is missed or something did not work; what had to be skipped does not count.
verdict() {
    local key
    if cat "$work/rows" "$work/values" 2>/dev/null | grep -q ': FAIL'; then failed=1; fi
    for key in "${!missing[@]}"; do [[ ${missing[$key]} = skipped* ]] || failed=1; done
    exit "$failed"
}
