#!/usr/bin/env bash
# Builds Penstock and runs its main job once: an agent's call through a relay, a tunnel and a connector to an API that
# only the connector can reach. Everything stays on this machine's loopback. Arguments go to `penstock demo`.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/lib.sh

need_swift
need_packages "${BUILD_PACKAGES[@]}"
echo "penstock: building the release binaries (the first time takes several minutes)"
for product in penstock-relay penstock-connector penstock; do
    swift build "${RELEASE[@]}" --product "$product" 2>&1 | grep -vE 'unhandled|warning: ' | tail -n 3 \
        || fail "the build of $product failed; run: swift build ${RELEASE[*]} --product $product"
done
exec "$(swift build "${RELEASE[@]}" --show-bin-path)/penstock" demo "$@"
