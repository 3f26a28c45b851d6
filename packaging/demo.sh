#!/usr/bin/env bash
# Builds Penstock and runs its main job once: an agent's call through a relay, a tunnel and a connector to an API that
# only the connector can reach. Everything stays on this machine's loopback. Arguments go to `penstock demo`.
set -euo pipefail
cd "$(dirname "$0")/.."
. packaging/lib.sh

need_swift
need_packages "${BUILD_PACKAGES[@]}"
echo "penstock: building the release executables (the first time takes several minutes)"
build_release
exec "$released/penstock" demo "$@"
