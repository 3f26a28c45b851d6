# Part logs: an API's log pages and summary over many records. Sourced by bench.sh.
# shellcheck shell=bash disable=SC2034,SC2154

# Records go through the relay's own ledger while the relay is away: journal, chain, indexes and figures are the real ones.
fill_records() {
    local began=$SECONDS api_id
    make_relay || return 1
    serve_relay || return 1
    api GET /v1/apis/bench "$user_token" || return 1
    api_id=$(field id <<<"$reply")
    stop connector relay
    if ! "$bin/penstock-bench" records --data "$work/data" --user "$user" --api "$api_id" --slug bench \
        --count "$records" >"$work/records.log" 2>&1; then
        trouble "the records could not be written" records
        return 1
    fi
    deep_cursor=$(sed -n 's/^cursor //p' "$work/records.log")
    sample logs.records "$records"
    sample logs.fill_s "$((SECONDS - began))"
    sample logs.data_mb "$(calc %.0f "$(du -sb "$work/data" | cut -f 1) / 1e6")"
    sample logs.append_us "$(sed -n 's/^append \([0-9.]*\).*/\1/p' "$work/records.log")"
    sample logs.derive_us "$(sed -n 's/^derive \([0-9.]*\).*/\1/p' "$work/records.log")"
    began=$(date +%s%3N)
    serve_relay || return 1
    sample logs.start_ms "$(($(date +%s%3N) - began))"
}

# What a record costs from an event loop to the disk and back, with one call in flight and with 64.
measure_audit() {
    local calls line kind
    for calls in 1 64; do
        mkdir "$work/audit-$calls"
        if ! "$bin/penstock-bench" audit --data "$work/audit-$calls" --count $((calls * 3000)) --calls "$calls" \
            >"$work/audit.log" 2>&1; then
            trouble "records could not be appended" audit
            missing[logs.audit]=$why
            return 1
        fi
        while read -r kind line; do sample "logs.${kind}_${calls}_us" "${line%% *}"; done <"$work/audit.log"
    done
}

# usage: time_page KEY QUERY [COUNT] — milliseconds of 21 answers, or COUNT, on a connection that one more has opened.
time_page() {
    local url="https://127.0.0.1:$relay_port/v1/apis/bench/$2" count=${3:-21} took _
    for _ in $(seq 0 "$count"); do printf 'url = "%s"\noutput = "%s"\n' "$url" "$work/page"; done >"$work/pages"
    if ! timeout 300 curl -sS --fail --cacert "$work/ca.crt" -H "Authorization: Bearer $user_token" -K "$work/pages" \
        -w '%{time_total}\n' >"$work/page.times" 2>"$work/curl.log" || ! [ -s "$work/page" ]; then
        trouble "no answer to $2: $(tail -n 1 "$work/curl.log")" relay
        missing[logs.$1]=$why
        return 1
    fi
    while read -r took; do sample "logs.$1" "$(calc %.2f "$took * 1000")"; done < <(tail -n "$count" "$work/page.times")
}

measure_logs() {
    local month
    measure_audit || true
    fill_records || { missing[logs]=$why; return 1; }
    month=$(date -u -d '-31 days' +%Y-%m-%dT%H:%M:%SZ)
    time_page first_page_ms logs || true
    time_page endpoint_ms "logs?endpoint=get_customer" || true
    time_page failures_ms "logs?status=TIMEOUT" || true
    time_page upstream_status_ms "logs?status=500" || true
    # No record has it, so that all of the API's are looked at.
    time_page absent_status_ms "logs?status=404" 1 || true
    time_page deep_cursor_ms "logs?cursor=$deep_cursor" || true
    time_page summary_day_ms summary || true
    time_page summary_month_ms "summary?since=$month" || true
}
