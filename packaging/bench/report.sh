# The table and the JSON object. Sourced by bench.sh.
# shellcheck shell=bash disable=SC2154

failed=0

cpu_model() { sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo | head -n 1; }

# usage: judge VALUE LIMIT — "≤ LIMIT" and whether it holds; nothing where there is no value.
judge() {
    if [ -z "$1" ]; then printf '≤ %s|not measured' "$2"; else
        awk -v value="$1" -v limit="$2" 'BEGIN { printf "≤ %s|%s", limit, value <= limit ? "pass" : "FAIL" }'
    fi
}

# usage: ratio KEY — to nginx on the same way.
ratio() {
    local base sum
    case $1 in direct_*) base=$(figure direct_nginx.cpu_us) ;; *) base=$(figure nginx_proxy.cpu_us) ;; esac
    sum=$(cpu_sum "$1")
    if [ -n "$base" ] && [ -n "$sum" ]; then calc %.2f "$sum / $base"; fi
}

# usage: cpu_sum KEY — µs of relay and connector together; a direct call has no connector.
cpu_sum() {
    local relay connector
    relay=$(figure "$1.relay_cpu_us") connector=$(figure "$1.connector_cpu_us")
    case $1 in direct_*) connector=0 ;; esac
    if [ -n "$relay" ] && [ -n "$connector" ]; then calc %.1f "$relay + $connector"; fi
}

# usage: request_row TITLE KEY [LIMIT]
request_row() {
    local r
    r=$(ratio "$2")
    echo "$1|$(figure "$2.rps") /s|$(figure "$2.p50_ms")|$(figure "$2.p99_ms")|$(figure "$2.relay_cpu_us") µs|$(
        figure "$2.connector_cpu_us") µs|$(cpu_sum "$2") µs|$r|${3:+$(judge "$r" "$3")}"
}

bulk_row() {
    local relay connector
    relay=$(figure "$2.relay_cpu_s_per_gb") connector=$(figure "$2.connector_cpu_s_per_gb")
    echo "$1|$(figure "$2.mb_s") MB/s|||$relay s/GB|$connector s/GB|${relay:+$(
        calc %.3f "$relay + $connector") s/GB}||"
}

# usage: judge_least VALUE LIMIT — "≥ LIMIT" and whether it holds.
judge_least() {
    if [ -z "$1" ]; then printf '≥ %s|not measured' "$2"; else
        awk -v value="$1" -v limit="$2" 'BEGIN { printf "≥ %s|%s", limit, (value >= limit) ? "pass" : "FAIL" }'
    fi
}

# usage: value_row TITLE KEY UNIT [LIMIT]
value_row() { echo "$1|$(figure "$2") $3||||||${4:+|$(judge "$(figure "$2")" "$4")}"; }

table_rows() {
    echo "what|rate or size|p50 ms|p99 ms|relay CPU|connector CPU|sum|× nginx|target|"
    if wants requests; then
        echo "(a) nginx, reverse proxy|$(figure nginx_proxy.rps) /s|$(figure nginx_proxy.p50_ms)|$(
            figure nginx_proxy.p99_ms)|||$(figure nginx_proxy.cpu_us) µs|1.00||"
        request_row "(b) ReverseHTTP + connector" reverse_http 1.6
        request_row "(c) /v1/proxy, whole relay" proxy 5
        request_row "(d) /v1/tools, whole relay" tools
        request_row "(c) over HTTP/2, 8 × 8 streams" proxy_http2
    fi
    if wants bulk; then
        bulk_row "download, 16 MiB × 4" download
        bulk_row "upload, 16 MiB × 4" upload
    fi
    if wants direct; then
        echo "direct: nginx, HTTPS both sides|$(figure direct_nginx.rps) /s|$(figure direct_nginx.p50_ms)|$(
            figure direct_nginx.p99_ms)|||$(figure direct_nginx.cpu_us) µs|1.00||"
        request_row "direct: /v1/proxy" direct_proxy
        request_row "direct: /v1/tools" direct_tools
        echo "direct: curl -Z, the client alone|$(figure direct_curl.rps) /s|||||$(figure direct_curl.cpu_us) µs|||"
    fi
    if wants tools_peer; then
        value_row "tool calls per CPU second" tools_peer.penstock_calls_per_cpu_s /s
        value_row "the same, FastMCP from_openapi" tools_peer.fastmcp_calls_per_cpu_s /s
        echo "Penstock to FastMCP|$(figure tools_peer.ratio) ×||||||$(judge_least "$(figure tools_peer.ratio)" 20)"
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

print_table() {
    local key
    table_rows >"$work/rows"
    printf '\n%s cores, %s, Linux %s; 64 keep-alive connections from wrk, %s-byte JSON, median of %s × %s s\n\n' \
        "$(nproc)" "$(cpu_model)" "$(uname -r)" "${#answer}" "$rounds" "$seconds"
    # awk's length counts characters only in a UTF-8 locale: where it counts bytes, the continuation bytes are taken off.
    awk -F '|' '
        function width(text) { gsub(/[\200-\277]/, "", text); return length(text) }
        { for (i = 1; i <= 10; i++) {
            if ($i ~ /^ (µs|s\/GB|MB\/s|\/s|MB|ms|kB|×)$/) $i = "–"
            cell[NR, i] = $i; if (width($i) > widest[i]) widest[i] = width($i) } }
        END { for (row = 1; row <= NR; row++) {
            line = ""
            for (i = 1; i <= 10; i++) {
                pad = sprintf("%" (widest[i] - width(cell[row, i])) "s", "")
                line = line (i == 1 || i >= 9 ? cell[row, i] pad : pad cell[row, i]) "  "
            }
            sub(/ +$/, "", line); print line
            if (row == 1) { gsub(/./, "-", line); print substr(line, 1, 120) }
        } }' <(cat "$work/rows") | LC_ALL=C sed 's/ *$//'
    for key in "${!missing[@]}"; do echo "not measured: $key: ${missing[$key]}"; done | sort
}

# Figures under "a.b" become members of an object "a".
print_json() {
    local key value
    {
        for key in "${!samples[@]}"; do echo "$key $(figure "$key")"; done
        for key in reverse_http proxy tools proxy_http2 direct_proxy direct_tools; do
            value=$(cpu_sum "$key")
            if [ -n "$value" ]; then echo "$key.cpu_us $value"; fi
            value=$(ratio "$key")
            if [ -n "$value" ]; then echo "$key.ratio_to_nginx $value"; fi
        done
        for key in "${!missing[@]}"; do echo "missing.$key \"$(sed 's/["\\]/\\&/g; s/[[:cntrl:]]/ /g' <<<"${missing[$key]}")\""; done
        echo "machine.cores $(nproc)"
        echo "machine.cpu \"$(cpu_model)\""
        echo "machine.kernel \"$(uname -r)\""
        echo "run.connections 64"
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
    if grep -q '|FAIL$' "$work/rows"; then failed=1; fi
    for key in "${!missing[@]}"; do [[ ${missing[$key]} = skipped* ]] || failed=1; done
    exit "$failed"
}
