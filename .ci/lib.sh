# What demo.sh and test.sh share: installing packages, building, and a temporary folder that leaves
# nothing behind. Source it from the top of the checkout.
# shellcheck shell=bash

FZ_TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

fz_die() {
    echo "$(basename "$0"): $*" >&2
    exit 1
}

fz_as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo >/dev/null; then
        sudo "$@"
    else
        fz_die "not root, and there is no sudo: please install the packages above as root"
    fi
}

# fz_missing_packages GROUP...: those of .ci/packages.txt that are not installed.
fz_missing_packages() {
    local group package state
    while read -r group package; do
        if [[ $group == '#'* ]] || [[ " $* " != *" $group "* ]]; then
            continue
        fi
        state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) || true
        [ "$state" = installed ] || echo "$package"
    done <"$FZ_TOP/.ci/packages.txt"
}

# fz_install_packages GROUP...: says what is missing, and installs it.
fz_install_packages() {
    local missing
    mapfile -t missing < <(fz_missing_packages "$@")
    if [ "${#missing[@]}" = 0 ]; then
        return
    fi
    [ -r /etc/debian_version ] || fz_die "this is no Debian; install by hand: ${missing[*]}"
    echo "installing with apt-get: ${missing[*]}"
    # The index may be absent (a fresh image), or older than what the mirror has.
    if ! apt-get -s -qq install "${missing[@]}" >/dev/null 2>&1 ||
        ! fz_apt_install "${missing[@]}"; then
        fz_as_root apt-get -o DPkg::Lock::Timeout=600 -q update || fz_die "apt-get update failed"
        fz_apt_install "${missing[@]}" || fz_die "apt-get install failed"
    fi
    mapfile -t missing < <(fz_missing_packages "$@")
    [ "${#missing[@]}" = 0 ] || fz_die "still not installed: ${missing[*]}"
}

# Debian's server package makes a cluster "main" and starts it as soon as it is installed. Ours are
# private, so for the time of the installation a drop-in says no; afterwards it is gone again. A
# cluster that was there before is left alone.
fz_apt_install() {
    # shellcheck disable=SC2016 # for the other shell to expand
    fz_as_root env DEBIAN_FRONTEND=noninteractive bash -c '
        folder=/etc/postgresql-common/createcluster.d
        common=/etc/postgresql-common
        [ -d "$common" ]; had_common=$?
        [ -d "$folder" ]; had_folder=$?
        undo() {
            rm -f "$folder/feezero-install.conf"
            [ "$had_folder" = 0 ] || rmdir "$folder" 2>/dev/null
            [ "$had_common" = 0 ] || rmdir "$common" 2>/dev/null
        }
        trap undo EXIT
        trap "exit 130" INT TERM HUP
        mkdir -p "$folder"
        echo "create_main_cluster = false" >"$folder/feezero-install.conf"
        apt-get -o DPkg::Lock::Timeout=600 -q -y --no-install-recommends install "$@"
    ' bash "$@"
}

# fz_build PRESET [CMAKE_OPTION...]: configures and builds build/PRESET, tests included unless the
# options say -DBUILD_TESTING=OFF.
fz_build() {
    local preset=$1
    shift
    (
        cd "$FZ_TOP"
        cmake --preset "$preset" -DBUILD_TESTING=ON "$@" ||
            fz_die "cmake cannot configure $preset"
        cmake --build --preset "$preset" -j "$(nproc)" || fz_die "$preset does not build"
    ) || exit 1
}

# fz_quietly LOG COMMAND...: runs it with all it says going to LOG; a terminal sees the latest line,
# and everybody the last ones if it fails.
fz_quietly() {
    local log=$1 rc=0 terminal=0
    shift
    [ ! -t 1 ] || terminal=1
    mkdir -p "$(dirname "$log")"
    { ("$@"); } > >(awk -v log_file="$log" -v terminal="$terminal" '
        { print >log_file }
        terminal { printf "\r\033[K%.76s", $0; fflush() }
        END { if (terminal) { printf "\r\033[K" } }') 2>&1 || rc=$?
    wait $! # awk: the file and the line must be done with before anything else is said
    [ "$rc" = 0 ] || tail -n 40 "$log" >&2
    return "$rc"
}

# Makes FZ_TMP, a short-named folder that also is TMPDIR from here on, and arranges that at the end,
# or on a signal, each cluster made in it is stopped and it is removed.
fz_make_tmp() {
    FZ_TMP=$(mktemp -d /tmp/fz.XXXXXX)
    chmod 755 "$FZ_TMP" # the server's user has to pass
    export FZ_TMP TMPDIR=$FZ_TMP
    trap fz_clean_tmp EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

# fz_run_group COMMAND...: runs it in a process group of its own, which is ended with us, so that a
# signal that only we get stops the tests at once, and not when they happen to be done.
fz_run_group() {
    local rc=0
    set -m
    "$@" </dev/null &
    FZ_GROUP=$!
    set +m
    wait "$FZ_GROUP" || rc=$?
    FZ_GROUP=''
    return "$rc"
}

fz_clean_tmp() {
    local rc=$? marker
    trap '' INT TERM HUP
    if [ -n "${FZ_GROUP:-}" ]; then
        kill -TERM -- "-$FZ_GROUP" 2>/dev/null || true
        wait "$FZ_GROUP" 2>/dev/null || true
    fi
    while read -r marker; do
        "$FZ_TOP/tests/support/pgtmp.sh" stop "$(dirname "$marker")" || true
    done < <(find "$FZ_TMP" -maxdepth 5 -name .feezero-cluster 2>/dev/null)
    rm -rf "$FZ_TMP"
    exit "$rc"
}
