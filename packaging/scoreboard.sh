#!/usr/bin/env bash
# Runs a public test suite against Penstock and prints what passes; the last line is one JSON object.
set -euo pipefail

usage() {
    cat >&2 <<'END'
usage: scoreboard.sh json-schema|openapi|routing [FOLDER]
  json-schema   the JSON Schema test suite, draft 2020-12, in FOLDER (../shared/suites/json-schema by default)
END
    exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
# shellcheck source=lib.sh
. "$here/lib.sh"

[ $# -ge 1 ] && [ $# -le 2 ] || usage
case $1 in
json-schema) ;;
openapi | routing)
    echo "scoreboard: there is no scoreboard for $1 yet" >&2
    exit 2
    ;;
*) usage ;;
esac
folder=${2:-$root/../shared/suites/$1}
[ -d "$folder" ] || fail "there is no suite in $folder. Name the folder that holds it."
folder=$(cd "$folder" && pwd)

need_swift
need_packages "${BUILD_PACKAGES[@]}" libpcre2-dev >&2
cd "$root"
swift build "${RELEASE[@]}" --product penstock-scoreboard >&2
"$(swift build "${RELEASE[@]}" --show-bin-path)/penstock-scoreboard" "$1" "$folder"
