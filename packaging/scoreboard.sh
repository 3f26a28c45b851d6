#!/usr/bin/env bash
# Runs a public test suite against Penstock and prints what passes; the last line is one JSON object.
set -euo pipefail

usage() {
    cat >&2 <<'END'
usage: scoreboard.sh json-schema|openapi|routing [FOLDER]
  json-schema   the JSON Schema test suite, draft 2020-12, in FOLDER (../shared/suites/json-schema by default)
  openapi       OpenAPI documents in FOLDER and below it (../shared/suites/openapi by default): which are imported, and
                whether other implementations read from the requests what their arguments were; and how many of the
                documents' own examples a relay and a connector take to an origin
END
    exit 2
}

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
root=$(dirname "$here")
# shellcheck source=lib.sh
. "$here/lib.sh"

[ $# -ge 1 ] && [ $# -le 2 ] || usage
case $1 in
json-schema | openapi) ;;
routing)
    echo "scoreboard: there is no scoreboard for $1 yet" >&2
    exit 2
    ;;
*) usage ;;
esac
folder=${2:-$root/../shared/suites/$1}
[ -d "$folder" ] || fail "there is no suite in $folder. Name the folder that holds it."
folder=$(cd "$folder" && pwd)

need_swift
need_packages "${BUILD_PACKAGES[@]}" >&2
[ "$1" = openapi ] && need_packages python3 python3-venv openssl >&2
cd "$root"

# Makes the environment of the programs that read requests back, unless it is there as the requirements have it.
readers() {
    local home=$root/.build/scoreboard-venv wanted=$here/scoreboard/requirements.txt
    if ! cmp -s "$wanted" "$home/requirements.txt"; then
        echo "penstock: installing what reads requests back" >&2
        python3 -m venv --clear "$home" >&2 || fail "python3 makes no virtual environment"
        "$home/bin/pip" install -q --disable-pip-version-check -r "$wanted" >&2 \
            || fail "pip could not install $wanted"
        cp "$wanted" "$home/requirements.txt"
    fi
    python=$home/bin/python
}

[ "$1" = openapi ] && readers
swift build "${RELEASE[@]}" --product penstock-scoreboard >&2
program=$(swift build "${RELEASE[@]}" --show-bin-path)/penstock-scoreboard
if [ "$1" = openapi ]; then
    for product in penstock-relay penstock-connector; do swift build "${RELEASE[@]}" --product "$product" >&2; done
    PYTHONDONTWRITEBYTECODE=1 exec "$python" "$here/scoreboard/openapi.py" "$program" "$folder" \
        --binaries "$(dirname "$program")"
fi
exec "$program" "$1" "$folder"
