# Part schema: one 10 kB answer held against its schema by Penstock and by Python's engines. Sourced by bench.sh.
# shellcheck shell=bash disable=SC2154

measure_schema() {
    local peers own key
    own=$("$bin/penstock-scoreboard" bench-schema 2>"$work/schema.log") || {
        trouble "penstock-scoreboard does not measure its engine" schema
        missing[schema]=$why
        return 1
    }
    for key in is_valid_us validate_us compile_us document_bytes; do
        sample "schema.$key" "$(sed -n "s/.*\"$key\":\([0-9.]*\).*/\1/p" <<<"$own")"
    done
    if ! peers=$(timeout 400 python3 "$here/bench/schema_peers.py" "$bin/penstock-scoreboard" 2>"$work/schema.log"); then
        missing[schema_peers]="skipped: pip cannot install jsonschema and jsonschema-rs"
        return
    fi
    for key in jsonschema_us jsonschema_rs_us; do
        sample "schema.$key" "$(sed -n "s/.*\"$key\": *\([0-9.]*\).*/\1/p" <<<"$peers")"
    done
}
