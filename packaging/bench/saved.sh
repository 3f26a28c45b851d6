# Data folders with many saved APIs, and starts over them. Sourced by start.sh.
# shellcheck shell=bash disable=SC2034,SC2154

apis_of_user=50

# An API as people save them: six endpoints, arguments and answers with schemas that share definitions, a credential,
# and limits. NAME and BASE are to be replaced.
saved_definition() {
    local text='"type": "string"' page
    page='{"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 200, "default": 50}},
  {"name": "cursor", "in": "query", "schema": {"type": "string", "maxLength": 200}}'
    tr -d '\n' <<END
{"name": "NAME", "slug": "NAME", "description": "Customers and their orders.",
 "connection": {"base_url": "BASE/api/v1", "timeout_ms": 30000},
 "authentication": {"type": "api_key", "config": {"header_name": "X-API-Key", "key": "saved-key-0123456789abcdef"}},
 "security": {"rate_limit": {"requests_per_minute": 6000, "requests_per_day": 1000000}},
 "\$defs": {
  "address": {"type": "object", "required": ["street", "city", "country"], "properties": {
   "street": {$text, "maxLength": 200}, "city": {$text}, "zip": {$text, "pattern": "^[0-9A-Z -]{3,10}\$"},
   "country": {$text, "pattern": "^[A-Z]{2}\$"}}},
  "customer": {"type": "object", "required": ["name", "email"], "properties": {
   "id": {$text, "readOnly": true}, "name": {$text, "minLength": 1, "maxLength": 100},
   "email": {$text, "format": "email"}, "plan": {"enum": ["free", "team", "business", "enterprise"]},
   "created_at": {$text, "format": "date-time"}, "tags": {"type": "array", "maxItems": 20, "items": {$text}},
   "address": {"\$ref": "#/\$defs/address"}, "balance": {"type": "number"}, "is_active": {"type": "boolean"}}},
  "line": {"type": "object", "required": ["sku", "quantity"], "properties": {
   "sku": {$text, "pattern": "^[A-Z0-9-]{4,20}\$"}, "quantity": {"type": "integer", "minimum": 1},
   "price": {"type": "object", "properties": {"amount": {"type": "number"}, "currency": {$text}}}}},
  "new_order": {"type": "object", "required": ["customer_id", "lines"], "properties": {
   "customer_id": {$text}, "lines": {"type": "array", "minItems": 1, "items": {"\$ref": "#/\$defs/line"}},
   "ship_to": {"\$ref": "#/\$defs/address"}}},
  "order": {"type": "object", "required": ["id", "customer_id", "lines"], "properties": {
   "id": {$text}, "customer_id": {$text}, "status": {"enum": ["open", "paid", "shipped", "cancelled"]},
   "lines": {"type": "array", "items": {"\$ref": "#/\$defs/line"}}, "ship_to": {"\$ref": "#/\$defs/address"},
   "placed_at": {$text, "format": "date-time"}, "note": {"anyOf": [{$text}, {"type": "null"}]}}}},
 "endpoints": [
  {"name": "list_customers", "description": "Lists customers, newest first.", "method": "GET", "path": "/customers",
   "parameters": [$page, {"name": "plan", "in": "query", "schema": {"enum": ["free", "team", "business"]}}],
   "response_schema": {"type": "object", "properties": {
    "items": {"type": "array", "items": {"\$ref": "#/\$defs/customer"}}, "next": {$text}}}},
  {"name": "get_customer", "description": "One customer.", "method": "GET", "path": "/customers/{customer_id}",
   "parameters": [{"name": "customer_id", "in": "path", "type": "string"}],
   "response_schema": {"\$ref": "#/\$defs/customer"}},
  {"name": "create_customer", "description": "Adds a customer.", "method": "POST", "path": "/customers",
   "request_body": {"\$ref": "#/\$defs/customer"}, "response_schema": {"\$ref": "#/\$defs/customer"}},
  {"name": "update_customer", "description": "Changes a customer.", "method": "PATCH",
   "path": "/customers/{customer_id}", "parameters": [{"name": "customer_id", "in": "path", "type": "string"}],
   "request_body": {"type": "object", "properties": {"name": {$text}, "email": {$text, "format": "email"},
    "address": {"\$ref": "#/\$defs/address"}}}, "response_schema": {"\$ref": "#/\$defs/customer"}},
  {"name": "list_orders", "description": "The orders of a customer.", "method": "GET",
   "path": "/customers/{customer_id}/orders",
   "parameters": [{"name": "customer_id", "in": "path", "type": "string"}, $page],
   "response_schema": {"type": "array", "items": {"\$ref": "#/\$defs/order"}}},
  {"name": "place_order", "description": "Places an order.", "method": "POST", "path": "/orders",
   "request_body": {"\$ref": "#/\$defs/new_order"}, "response_schema": {"\$ref": "#/\$defs/order"}}]}
END
}

# An origin with TLS: a call that goes directly needs it.
start_saved_origin() {
    nginx_configuration origin <<END
    server {
        listen 127.0.0.1:$origin_port ssl; ssl_certificate $work/relay.crt; ssl_certificate_key $work/relay.key;
        location / { return 200 '$answer'; }
    }
END
    start origin nginx -c "$work/origin.conf"
    await origin "$origin_port"
}

# usage: save_user NUMBER COUNT — a user with so many APIs; sets `agent` to a token for them.
save_user() {
    local first=$((($1 - 1) * apis_of_user + 1))
    api POST /v1/users "$operator" "{\"name\": \"user-$1\"}" || return 1
    user=$(field id <<<"$reply")
    api POST /v1/tokens "$operator" "{\"kind\": \"user\", \"user_id\": \"$user\"}" || return 1
    user_token=$(field token <<<"$reply")
    api POST /v1/tokens "$user_token" '{"kind": "agent"}' || return 1
    agent=$(field token <<<"$reply")
    # Written for curl, which wants one line for each option, and all of them again after each `next`.
    options="fail
cacert = \"$work/ca.crt\"
header = \"Content-Type: application/json\"
header = \"Authorization: Bearer $user_token\"
write-out = \"%{http_code}\\n\"
output = \"/dev/null\"" awk -v first="$first" -v last=$((first + $2 - 1)) \
        -v url="https://127.0.0.1:$relay_port/v1/apis" '
        { gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); body = body $0 }
        END {
            for (number = first; number <= last; number++) {
                text = body
                gsub(/NAME/, "api_" number, text)
                if (number > first) print "next"
                printf "%s\nurl = \"%s\"\ndata-binary = \"%s\"\n", ENVIRON["options"], url, text
            }
        }' "$work/definition" >"$work/requests"
    if ! curl -K "$work/requests" -sS >"$work/statuses" 2>"$work/curl.log" || grep -qv '^201$' "$work/statuses"; then
        trouble "the relay refused an API: $(sort -u "$work/statuses" | head -n 3) $(tail -n 1 "$work/curl.log")" relay
        return 1
    fi
}

# usage: save_apis COUNT — makes the data folder, unless an earlier run has made it.
save_apis() {
    local number users=$((($1 + apis_of_user - 1) / apis_of_user)) left
    saved=$data/$1
    free_port relay_port
    free_port admin_port
    if [ -e "$saved/done" ]; then
        read -r origin_port agent <"$saved/done"
        return
    fi
    rm -rf "$saved"
    mkdir -p "$saved"
    free_port origin_port
    saved_definition | sed "s|BASE|https://127.0.0.1:$origin_port|" >"$work/definition"
    saved_relay "$saved/data"
    "$bin/penstock-relay" init --data-dir "$saved/data" --operator-token-file "$saved/operator" >"$work/init.log" 2>&1 \
        </dev/null || { trouble "penstock-relay init failed" init; return 1; }
    operator=$(<"$saved/operator")
    start_relay
    await relay "$admin_port" /readyz || return 1
    for number in $(seq "$users"); do
        left=$(($1 - (number - 1) * apis_of_user))
        save_user "$number" $((left < apis_of_user ? left : apis_of_user)) || return 1
    done
    stop relay
    echo "$origin_port $agent" >"$saved/done"
}

# usage: saved_relay FOLDER — configures the relay for that data folder.
saved_relay() {
    relay_configuration 127.0.0.1 "$relay_port" "$admin_port"
    sed -i "s|^data_dir: .*|data_dir: \"$1\"|" "$work/relay.yaml"
}

# usage: spread VALUE… — the median, with the least and the most.
spread() {
    printf '%s\n' "$@" | sort -n | awk '{ v[NR] = $1 } END { printf "%s (%s–%s)", v[int((NR + 1) / 2)], v[1], v[NR] }'
}

# usage: timed_call SLUG — milliseconds from the request to the end of its answer, without the handshake.
timed_call() {
    curl -sS --fail --max-time 20 --cacert "$work/ca.crt" -o /dev/null -H "Authorization: Bearer $agent" \
        -H "Content-Type: application/json" --data-binary '{"customer_id": "cust_12345"}' \
        -w '%{time_appconnect} %{time_total}' "https://127.0.0.1:$relay_port/v1/tools/$1/get_customer" \
        2>"$work/curl.log" | awk '{ printf "%.1f", ($2 - $1) * 1000 }'
}

# usage: measure_saved COUNT — a row of the table: medians, with the least and the most in parentheses.
measure_saved() {
    local round began slug ready=() spent=() resident=() first=() second=()
    saved_relay "$saved/data"
    start_saved_origin || return 1
    for round in $(seq "$rounds"); do
        began=${EPOCHREALTIME/[.,]/}
        start_relay
        until answers "$admin_port" /readyz; do
            kill -0 "${pid[relay]}" 2>/dev/null || { await relay "$admin_port" /readyz; return 1; }
            [ $((${EPOCHREALTIME/[.,]/} - began)) -lt 120000000 ] || { await relay "$admin_port" /readyz; return 1; }
            sleep 0.005
        done
        ready+=("$(calc %.0f "(${EPOCHREALTIME/[.,]/} - $began) / 1000")")
        spent+=("$(calc %.0f "$(cpu_us "${pid[relay]}") / 1000")")
        resident+=("$(calc %.0f "$(resident_kb "${pid[relay]}") * 1.024 / 1000")")
        slug=api_$(($1 - round % apis_of_user % $1))
        first+=("$(timed_call "$slug")") || { trouble "the first call failed: $(<"$work/curl.log")" relay; return 1; }
        second+=("$(timed_call "$slug")") || { trouble "the second call failed" relay; return 1; }
        stop relay
    done
    stop origin
    printf '| %s ' "$1" "$(du -sm "$saved/data/penstock.db" | cut -f 1) MiB" "$(spread "${ready[@]}") ms" \
        "$(spread "${spent[@]}") ms" "$(spread "${resident[@]}") MB" "$(spread "${first[@]}") ms" \
        "$(spread "${second[@]}") ms"
    echo "|"
}
