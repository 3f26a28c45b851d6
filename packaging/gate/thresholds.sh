# The file of thresholds: writing it from what was counted, and comparing. Sourced by gate.sh.
# shellcheck shell=bash disable=SC2034,SC2154

thresholds=$here/gate/thresholds.json

# What a figure depends on beside the project's code: one "name version" a line.
surroundings() {
    echo "architecture $(uname -m)"
    echo "swift $(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9.]*\).*/\1/p' | head -n 1)"
    # It exits with 1 where one of the names is another release's.
    { dpkg-query -W -f '${db:Status-Abbrev} ${Package} ${Version}\n' libc6 libcurl4 libcurl4t64 libnghttp2-14 \
        libsqlite3-0 libssl3 libssl3t64 valgrind 2>/dev/null || true; } |
        awk '$1 == "ii" { sub(/t64$/, "", $2); print $2, $3 }'
}

write_thresholds() {
    {
        echo '{'
        echo '  "counted_with": {'
        surroundings | awk '{ if (NR > 1) print line ","; line = "    \"" $1 "\": \"" $2 "\"" } END { print line }'
        echo '  },'
        echo '  "tolerance_percent": {"instructions": 3, "allocations": 1, "system_calls": 10},'
        echo '  "per_call": ['
        awk '{ if (NR > 1) print line ","
               line = "    {\"row\": \"" $1 "\", \"process\": \"" $2 "\", \"instructions\": " $3 ", \"allocations\": " $4 \
                   ", \"system_calls\": " $5 "}" } END { print line }' "$work/counts"
        echo '  ]'
        echo '}'
    } >"$work/thresholds.json"
    cp "$work/thresholds.json" "$thresholds"
    echo "penstock: wrote ${thresholds#"$root/"}:"
    grep '"row"' "$thresholds"
}

# The file again as lines: "tolerance FIGURE PERCENT", "with NAME VERSION", "row ROW PROCESS I A S".
read_thresholds() {
    awk '
        function value(name,  text) {
            if (!match($0, "\"" name "\": *[^,}]*")) return ""
            text = substr($0, RSTART, RLENGTH)
            sub(/^[^:]*: */, "", text)
            gsub(/"/, "", text)
            return text
        }
        /"tolerance_percent"/ {
            print "tolerance instructions", value("instructions")
            print "tolerance allocations", value("allocations")
            print "tolerance system_calls", value("system_calls")
            next
        }
        /"row"/ { print "row", value("row"), value("process"), value("instructions"), value("allocations"),
                  value("system_calls"); next }
        /": *"/ { gsub(/[",]/, ""); sub(/:$/, "", $1); print "with", $1, $2 }
    ' "$thresholds"
}

# Prints a table, then a sentence for each figure that is out of its threshold. Fails where one grew.
compare_thresholds() {
    local status=0
    [ -s "$thresholds" ] || fail "there is no ${thresholds#"$root/"}: write it with packaging/gate.sh --write"
    awk -v architecture="$(uname -m)" '
        function compare(row, process, figure, now, then,  change, place) {
            place = row ", " process ": " now " " figure
            gsub(/_/, " ", place)
            if (figure == "instructions" && with["architecture"] != architecture) return "not compared"
            change = then ? (now / then - 1) * 100 : (now ? 100 : 0)
            if (change > tolerance[figure])
                grown[++grown_count] = sprintf("%s a call, %s is the threshold: %.2f %% more, and %s %% are allowed",
                    place, then, change, tolerance[figure])
            else if (change < -tolerance[figure])
                shrunk[++shrunk_count] = sprintf("%s a call, %s is the threshold: %.2f %% less", place, then, -change)
            return sprintf("%+.2f %%", change)
        }
        FNR == NR {
            if ($1 == "tolerance") tolerance[$2] = $3
            else if ($1 == "with") with[$2] = $3
            else { instructions[$2, $3] = $4; allocations[$2, $3] = $5; system_calls[$2, $3] = $6; waiting[$2 ", " $3] }
            next
        }
        FNR == 1 {
            format = "%-13s %-10s %13s %9s %12s %9s %13s %9s\n"
            printf format, "row", "process", "instructions", "", "allocations", "", "system calls", ""
        }
        {
            if (!(($1, $2) in instructions)) {
                grown[++grown_count] = $1 ", " $2 ": has no threshold"
                next
            }
            delete waiting[$1 ", " $2]
            printf format, $1, $2, $3, compare($1, $2, "instructions", $3, instructions[$1, $2]),
                $4, compare($1, $2, "allocations", $4, allocations[$1, $2]),
                $5, compare($1, $2, "system_calls", $5, system_calls[$1, $2])
        }
        END {
            for (row in waiting) grown[++grown_count] = row ": was not counted"
            for (n = 1; n <= grown_count; n++) print "penstock: the gate: " grown[n]
            for (n = 1; n <= shrunk_count; n++) print "penstock: the gate: " shrunk[n]
            if (shrunk_count && !grown_count) print "penstock: so that it stays so, run packaging/gate.sh --write"
            exit grown_count > 0
        }' <(read_thresholds) "$work/counts" || status=$?
    if ((status)); then
        report_surroundings
        fail "calls cost more than packaging/gate/thresholds.json allows; where that is meant, run packaging/gate.sh --write"
    fi
    echo "penstock: no call costs more than its thresholds"
}

# Where this machine has another compiler or library than the thresholds were counted with, that may be the reason.
report_surroundings() {
    awk 'FNR == NR { if ($1 == "with") then[$2] = $3; next }
         then[$1] != $2 { printf "penstock: counted with %s %s, the thresholds with %s\n", $1, $2, then[$1] }
    ' <(read_thresholds) <(surroundings)
}
