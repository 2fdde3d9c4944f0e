#!/usr/bin/env bash
# Checks everything: format, lints, documentation and every test, doc tests included.
#
#   bash tests/run.sh            everything; the one command before a change lands
#   bash tests/run.sh fast       what finds most mistakes, in two minutes at most after a change of cached-core
#
# The tests use a real redis-server, which they start and stop themselves. This script finds one or gets one:
#   REDIS_SERVER=/path/to/redis-server   names the binary (Redis 7.0 or newer, or Valkey)
#   redis-server in PATH                 is used as it is
#   Debian and its relatives, as root    apt-get install redis-server; the service is not started
#   the same, not as root                the packages are unpacked into the build folder; nothing is installed
# Elsewhere, install Redis and run this again.
#
# The instructions of a hit are counted by valgrind. Where there is none, root of a Debian gets it from apt-get too, and
# elsewhere they are not counted, which is said.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n==> %s\n' "$*"; }
fail() {
    printf 'tests/run.sh: %s\n' "$*" >&2
    exit 1
}
run() {
    say "$*"
    "$@"
}

case $#:${1:-} in
0:) what=everything ;;
1:fast) what=fast ;;
*) fail "unknown arguments: $*; there is \`fast\`, and none for everything" ;;
esac

command -v cargo >/dev/null || fail 'cargo is not in PATH: install Rust first, https://rustup.rs'

build_folder=$({ cargo metadata --format-version 1 --no-deps --offline 2>/dev/null || true; } | sed -n 's/.*"target_directory":"\([^"]*\)".*/\1/p')
build_folder=${build_folder:-${CARGO_TARGET_DIR:-$PWD/target}}
unpacked=$build_folder/redis

# Prints the major version of a server binary, or nothing if it does not run.
major_version() { { "$1" --version 2>/dev/null </dev/null || true; } | sed -n 's/.* v=\([0-9]*\)\..*/\1/p'; }

check_version() {
    local major
    major=$(major_version "$1")
    [ -n "$major" ] || fail "$1 does not run as a redis-server; name another binary with REDIS_SERVER"
    [ "$major" -ge 7 ] || fail "$1 is Redis $major, the tests need 7.0 or newer; name another binary with REDIS_SERVER"
    say "redis-server: $1 ($("$1" --version </dev/null | sed 's/ sha=.*//'))"
}

apt_install() {
    export DEBIAN_FRONTEND=noninteractive
    say 'installing redis-server with apt-get'
    # RUNLEVEL=1: Debian's start scripts leave a server alone in single-user mode, and ours runs on its own port.
    install_now() { RUNLEVEL=1 apt-get install -y -q --no-install-recommends redis-server </dev/null; }
    if ! install_now; then
        say 'trying again with fresh package lists'
        apt-get update -q </dev/null || true
        install_now || fail 'apt-get could not install redis-server; install it by hand or name a binary with REDIS_SERVER'
    fi
    # systemd does not ask for a runlevel. The package was not here before, so nobody waits for its service.
    if [ -d /run/systemd/system ]; then
        systemctl disable --now redis-server </dev/null || true
    fi
}

# Unpacks redis-server, and the libraries of it that this machine lacks, into the build folder.
apt_unpack() {
    say "unpacking redis-server into $unpacked (not root, so nothing is installed)"
    rm -rf "$unpacked"
    mkdir -p "$unpacked/packages" "$unpacked/root"
    local apt=(apt-get -q) packages
    wanted() { "${apt[@]}" -s install --no-install-recommends redis-server </dev/null 2>/dev/null | sed -n 's/^Inst \([^ ]*\) .*/\1/p'; }
    download() { (cd "$unpacked/packages" && "${apt[@]}" download "$@" </dev/null); }

    packages=$(wanted || true)
    # shellcheck disable=SC2086 # package names, one word each
    if [ -z "$packages" ] || ! download $packages; then
        say 'trying again with fresh package lists, kept in the build folder'
        mkdir -p "$unpacked/lists/partial" "$unpacked/cache/archives/partial"
        apt+=(-o "Dir::State::lists=$unpacked/lists" -o "Dir::Cache=$unpacked/cache")
        "${apt[@]}" update </dev/null || true
        packages=$(wanted || true)
        [ -n "$packages" ] || fail 'apt has no redis-server; install one or name a binary with REDIS_SERVER'
        # shellcheck disable=SC2086
        download $packages || fail 'apt-get could not download redis-server; install one or name a binary with REDIS_SERVER'
    fi
    local package
    for package in "$unpacked"/packages/*.deb; do
        dpkg-deb -x "$package" "$unpacked/root"
    done
    rm -rf "$unpacked/lists" "$unpacked/cache" "$unpacked/packages"

    # `exec`, so that the process the tests start is the server itself.
    cat >"$unpacked/redis-server.new" <<'WRAPPER'
#!/bin/sh
root=$(dirname "$(readlink -f "$0")")/root
for folder in "$root"/lib/*-linux-* "$root"/usr/lib/*-linux-* "$root"/usr/lib; do
    [ -d "$folder" ] && LD_LIBRARY_PATH="${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$folder"
done
export LD_LIBRARY_PATH
exec "$root/usr/bin/redis-server" "$@"
WRAPPER
    chmod +x "$unpacked/redis-server.new"
    mv "$unpacked/redis-server.new" "$unpacked/redis-server"
}

if [ -n "${REDIS_SERVER:-}" ]; then
    server=$(command -v -- "$REDIS_SERVER") || fail "REDIS_SERVER=$REDIS_SERVER is not a program"
elif command -v redis-server >/dev/null; then
    server=$(command -v redis-server)
elif [ -x "$unpacked/redis-server" ] && [ -n "$(major_version "$unpacked/redis-server")" ]; then
    server=$unpacked/redis-server
elif command -v apt-get >/dev/null && command -v dpkg-deb >/dev/null; then
    if [ "$(id -u)" = 0 ]; then
        apt_install
        server=$(command -v redis-server) || fail 'redis-server is installed but not in PATH; name it with REDIS_SERVER'
    else
        apt_unpack
        server=$unpacked/redis-server
    fi
else
    fail 'no redis-server here, and no apt-get to get one: install Redis 7 or Valkey (brew install redis, dnf install valkey, apk add redis), or name a binary with REDIS_SERVER'
fi
check_version "$server"
export REDIS_SERVER=$server
# What a person has set for their own service is not for the tests.
unset REDIS_URL CACHE_ENABLED REDIS_ENABLED REDIS_CACHE_PREFIX REDIS_CACHE_TTL REDIS_TTL_DEFAULT \
    REDIS_CACHE_TTL_DEFAULT REDIS_POOL_SIZE REDIS_MAX_CONNECTIONS REDIS_SOCKET_TIMEOUT \
    REDIS_SOCKET_CONNECT_TIMEOUT REDIS_RETRY_ON_TIMEOUT

# What a service that depends on cached-core builds: few crates, and each of them once.
check_dependencies() {
    local tree crates twice
    tree() { cargo tree --locked --edges normal --package cached-core --prefix none "$@"; }
    crates=$(tree | sed 's/ (.*//' | sort -u | wc -l)
    say "cached-core and what it depends on: $crates crates, of at most 90"
    [ "$crates" -le 90 ] || fail 'cached-core depends on too many crates'
    twice=$(tree --duplicates | sed 's/ (.*//' | sort -u | grep -v '^$' || true)
    [ "$(printf '%s' "$twice" | sed 's/ .*//' | sort | uniq -d)" = '' ] || fail "two versions of one crate: $twice"
}

check_format() {
    run cargo fmt --all --check
    # A workspace of its own, which is not built here: its peers take long.
    [ ! -e benches/Cargo.toml ] || run cargo fmt --manifest-path benches/Cargo.toml --check
}

metadata() { cargo metadata --format-version 1 --no-deps --locked; }

# Prints each of the three crates, and each package with features, by itself: alone, and with one feature at a time.
# In the whole workspace a crate has what another one asked for, so that what it forgot to ask for is not missed.
feature_sets() {
    local line package=''
    metadata | grep -oE '"name":"[^"]+","version"|"features":\{[^}]*\}' | while read -r line; do
        case $line in
        '"name"'*) package=$(printf '%s' "$line" | cut -d '"' -f 4) ;;
        '"features":{}') case $package in cached-*) echo "$package" ;; esac ;;
        *)
            echo "$package"
            printf '%s' "${line#'"features":'}" | grep -oE '"[^"]+":\[' | cut -d '"' -f 2 | { grep -vx default || true; } |
                sed "s/^/$package /"
            ;;
        esac
    done
}

check_features() {
    local sets package feature
    sets=$(feature_sets)
    [ -n "$sets" ] || fail 'cargo metadata names no features'
    while read -r package feature; do
        run cargo check --quiet --locked --package "$package" --no-default-features ${feature:+--features "$feature"}
    done <<<"$sets"
}

check_instructions() {
    if ! command -v valgrind >/dev/null && command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
        say 'installing valgrind with apt-get'
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends valgrind </dev/null || true
    fi
    run cargo run --quiet --release --locked --package tests --bin instructions
}

# The names of all test binaries but those of the arguments.
other_tests() {
    local name
    metadata | grep -oE '"kind":\["test"\],"crate_types":\["bin"\],"name":"[^"]+"' | cut -d '"' -f 12 | while read -r name; do
        case " $* " in *" $name "*) ;; *) printf ' %s' "$name" ;; esac
    done
}

if [ "$what" = fast ]; then
    check_format
    # All packages of the workspace, so that nothing is built twice, for here and for everything.
    run cargo clippy --workspace --lib --all-features --locked -- -D warnings
    # The models take a minute of the processor.
    run cargo test --workspace --all-features --locked --quiet --lib --test behaviour -- --skip model::
    say 'passed. Left out: lints of tests and programs, documentation and its examples, dependencies, features alone,'
    printf '    instructions of a hit, the models of cached-core, and the tests%s\n' "$(other_tests behaviour)"
    exit
fi

check_dependencies
check_format
run cargo clippy --workspace --all-targets --all-features --locked -- -D warnings
check_features
RUSTDOCFLAGS="-D warnings" run cargo doc --workspace --all-features --no-deps --locked
run cargo test --workspace --all-features --locked
check_instructions
say 'all checks passed'
