# Shared by the commands in this folder: what they need of the system, and how they ask for it.

# Prints a sentence and leaves.
fail() {
    printf 'penstock: %s\n' "$*" >&2
    exit 1
}

# Checks for a Swift toolchain that can build the package.
need_swift() {
    command -v swift >/dev/null 2>&1 \
        || fail "no Swift toolchain found. Install Swift 6.2 or later (https://www.swift.org/install) and put it on PATH."
    local version
    version=$(swift --version 2>/dev/null | sed -n 's/.*Swift version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
    case "$version" in
    6.[2-9] | 6.[1-9][0-9] | [7-9].* | [1-9][0-9].*) ;;
    *) fail "Swift ${version:-of an unknown version} found, but 6.2 or later is needed." ;;
    esac
}

# Installs Debian packages that are missing, and says which.
need_packages() {
    local missing=() package
    command -v dpkg-query >/dev/null 2>&1 \
        || fail "this script installs packages with apt, which this system does not have. Install by hand: $*"
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed$' || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    local sudo=()
    if ((EUID != 0)); then
        command -v sudo >/dev/null 2>&1 || fail "these packages are missing, and only root can install them: ${missing[*]}"
        sudo=(sudo)
    fi
    echo "penstock: installing ${missing[*]}"
    {
        "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq \
            && "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
    } >/tmp/penstock-apt.$$ 2>&1 || {
        tail -n 5 /tmp/penstock-apt.$$ >&2
        rm -f /tmp/penstock-apt.$$
        fail "apt could not install: ${missing[*]}"
    }
    rm -f /tmp/penstock-apt.$$
}

# What the package is built against.
BUILD_PACKAGES=(
    pkg-config libcurl4-openssl-dev libnghttp2-dev libpcre2-dev libsqlite3-dev libssl-dev libyaml-dev zlib1g-dev)

# How release binaries are built: with the Swift standard library inside, so that they run where no Swift is installed and
# spend a tenth less CPU on reference counting than through the dynamic linker's tables.
# shellcheck disable=SC2034
RELEASE=(-c release --static-swift-stdlib)

# How long something took, for people: "48 s", "12 min 3 s".
spent() {
    local seconds=$(($(date +%s) - $1))
    if ((seconds < 60)); then echo "$seconds s"; else echo "$((seconds / 60)) min $((seconds % 60)) s"; fi
}

# usage: build WHAT ARGUMENT… — runs `swift build` with these arguments, says how far it is every 20 seconds, and prints
# the compiler's errors where it fails.
build() {
    local what=$1 log start=$SECONDS began status=0
    began=$(date +%s)
    shift
    log=$(mktemp "${TMPDIR:-/tmp}/penstock-build.XXXXXX")
    echo "penstock: building $what"
    swift build "$@" >"$log" 2>&1 &
    local builder=$! next=20
    while kill -0 "$builder" 2>/dev/null; do
        sleep 1
        ((SECONDS - start >= next)) || continue
        next=$((next + 20))
        echo "penstock:   $(spent "$began"), $(tr '\r' '\n' <"$log" | grep -oE '^\[[0-9]+/[0-9]+\] .{1,60}' | tail -n 1 || true)"
    done
    wait "$builder" || status=$?
    if ((status)); then
        # A build can fail without such a line, as when it is killed.
        grep -E 'error:' "$log" | sort -u | head -n 40 >&2 || true
        tail -n 15 "$log" >&2
        rm -f "$log"
        fail "the build of $what failed; run: swift build $*"
    fi
    rm -f "$log"
    echo "penstock: built $what in $(spent "$began")"
}

# Builds the three executables as they ship. `released` is then the folder that holds them.
build_release() {
    local product
    for product in penstock-relay penstock-connector penstock; do
        build "$product for release" "${RELEASE[@]}" --product "$product"
    done
    # shellcheck disable=SC2034
    released=$(swift build "${RELEASE[@]}" --show-bin-path)
}
