#!/bin/bash
# A day in a small town that pays with FeeZero, played by the real programs. Nothing outside the
# checkout is touched but the Debian packages it installs (it says which).
#
#   ./demo.sh             install, build, play the day, stay up until Ctrl-C
#   ./demo.sh --once      the same, but stop everything after the day; non-zero if a step went wrong
#   ./demo.sh --serve     no play: an empty town, up until Ctrl-C, to connect your own programs to
#   --port N              where the switch listens on localhost; 8443 unless told
#   --dir DIR             where the town is kept; var/demo (var/serve) unless told
#   --fresh               start over; without it the town that is there is used again
#   --no-install          without a look at the packages
#
# With FZ_BIN_DIR in the environment the programs are taken from there, and nothing is installed or
# built. Each step of the play ends in one line, `ok STEP FACTS` or `FAIL STEP wanted ... got ...`.
set -euo pipefail

# Who starts us in the background of a script makes us ignore Ctrl-C; we promised to listen to it.
if [ -z "${FZ_DEMO_SIGNALS:-}" ]; then
    FZ_DEMO_SIGNALS=1 exec env --default-signal=INT "$BASH" "${BASH_SOURCE[0]}" "$@"
fi
unset FZ_DEMO_SIGNALS

started_in=$PWD
cd "$(dirname "${BASH_SOURCE[0]}")"
. .ci/lib.sh
. tests/support/town.sh
. tests/support/play.sh

usage() {
    sed -n 's/^#   //p' demo.sh
    exit "$1"
}

mode=stay
dir=
port=8443
fresh=0
install=1
while [ $# -gt 0 ]; do
    case $1 in
    --once) mode=once ;;
    --serve) mode=serve ;;
    --fresh) fresh=1 ;;
    --no-install) install=0 ;;
    --dir | --port)
        [ $# -ge 2 ] || usage 2 >&2
        if [ "$1" = --dir ]; then dir=$2; else port=$2; fi
        shift
        ;;
    --help) usage 0 ;;
    *) usage 2 >&2 ;;
    esac
    shift
done
if ! [[ $port =~ ^[1-9][0-9]{0,4}$ ]] || [ "$port" -gt 65535 ]; then
    fz_die "--port is a number from 1 to 65535, not '$port'"
fi
if [ -z "$dir" ]; then
    [ "$mode" = serve ] && dir=var/serve || dir=var/demo
else
    dir=$(cd "$started_in" && realpath -m --relative-base="$FZ_TOP" -- "$dir")
fi

# --- talking --------------------------------------------------------------------------------------

bold=
plain=
if [ -t 1 ] && [ "${TERM:-dumb}" != dumb ]; then
    bold=$'\e[1m'
    plain=$'\e[0m'
fi

heading() {
    printf '\n%s== %s%s\n' "$bold" "$1" "$plain"
}

# --- putting the town there -----------------------------------------------------------------------

MARKER=.feezero-town # in the folder: we made this, so we may remove it
pgtmp=tests/support/pgtmp.sh
pieces=()    # processes of the play that must not outlive it
interrupted=0

# Everything that runs ends here, whatever brought us here.
clean_up() {
    local rc=$? pid
    trap '' INT TERM HUP
    for pid in "${pieces[@]}"; do
        kill -KILL "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    town_stop || echo "fz-switch ended with $?; see $TOWN_DIR/switch.log" >&2
    if [ -e "$dir/pg" ] && [ -n "${locked:-}" ]; then
        setsid -w "$pgtmp" stop --keep "$dir/pg" 9>&- || rc=1
    fi
    [ "$interrupted" = 0 ] || echo "stopped"
    exit "$rc"
}

# From here on Ctrl-C ends what is going on; while the town is just up, it is the way it ends.
stop_code=130
on_signal() {
    interrupted=1
    exit "$stop_code"
}

# Takes the folder, so that two of us never share one.
take_folder() {
    case $(realpath -m -- "$dir") in
    *[[:space:]\'\\]*) fz_die "no blanks, quotes or backslashes in $(realpath -m -- "$dir")," \
        "please; name another folder with --dir" ;;
    esac
    if [ -d "$dir" ] && [ -n "$(ls -A "$dir")" ] && [ ! -e "$dir/$MARKER" ]; then
        fz_die "$dir is not empty and not ours; name another folder with --dir"
    fi
    if ! mkdir -p "$dir" || ! : >>"$dir/$MARKER"; then
        fz_die "cannot write to $dir: whose is it? (sudo made it, perhaps)"
    fi
    exec 9>>"$dir/$MARKER" # closed for our children (9>&-): they may outlive us
    flock -n 9 || fz_die "another demo.sh uses $dir; name another folder with --dir"
    locked=1
    if town_port_is_used "$port"; then
        fz_die "somebody listens on port $port already; name another one with --port"
    fi
    # A town that was not finished is no town.
    if [ "$fresh" = 1 ] || [ ! -e "$dir/town.txt" ]; then
        [ ! -e "$dir/pg" ] || "$pgtmp" stop "$dir/pg" 9>&-
        find "$dir" -mindepth 1 -maxdepth 1 ! -name "$MARKER" -exec rm -rf {} +
    fi
}

install_and_build() {
    if [ -n "${FZ_BIN_DIR:-}" ]; then
        PATH=$FZ_BIN_DIR:$PATH
        return
    fi
    local missing=()
    [ "$install" = 0 ] || mapfile -t missing < <(fz_missing_packages build run)
    if [ "${#missing[@]}" != 0 ]; then
        heading 'パッケージを入れます / installing packages'
        echo "with apt-get, and what they need: ${missing[*]}"
        fz_quietly build/packages.log fz_install_packages build run ||
            fz_die "the packages cannot be installed; see build/packages.log"
    fi
    heading 'ビルドします / building'
    echo 'into build/release'
    fz_quietly build/release.log fz_build release -DBUILD_TESTING=OFF ||
        fz_die "it does not build; see build/release.log"
    PATH=$FZ_TOP/build/release/bin:$PATH
}

start_town() {
    local conninfo
    heading '町を起動 / the town starts'
    town_use "$dir" "$port"
    town_has_certificate || town_certify
    conninfo=$(setsid -w "$pgtmp" start --durable "$dir/pg" 9>&-)
    if [ -z "$(psql -X -At -d "$conninfo" -c \
        "SELECT 1 FROM pg_database WHERE datname = 'feezero'")" ]; then
        psql -X -q -d "$conninfo" -c 'CREATE DATABASE feezero'
    fi
    town_configure "${conninfo/dbname=postgres/dbname=feezero}" 'webhook_private = yes'
    town_fz migrate
    [ -e "$dir/town.txt" ] || town_found '花咲町 Hanasaki'
    town_start || fz_die "the switch does not start"
}

# --- and go ---------------------------------------------------------------------------------------

main() {
    trap clean_up EXIT
    trap on_signal INT TERM HUP
    take_folder
    install_and_build
    start_town
    case $mode in
    serve) serve ;;
    once) play_day ;;
    stay)
        play_day
        stay_up
        ;;
    esac
}

serve() {
    [ -e "$dir/town.txt" ] || echo 'an empty town' >"$dir/town.txt"
    printf 'ready %s\nini %s\nstaff key %s\nca %s\n' "$TOWN_URL" "$(realpath "$TOWN_INI")" \
        "$(realpath "$TOWN_KEY")" "$(realpath "$TOWN_CA")"
    keep_up
}

stay_up() {
    local bin
    bin=$(dirname "$(command -v fz)")
    heading 'この町は動き続けます。止めるには Ctrl-C / the town stays up; Ctrl-C stops it'
    cat <<END
In another terminal, in $FZ_TOP:

  export PATH="$bin:\$PATH"
  fz-pos --dir $dir/tills/komugi screen     # the whole counter; or one sale:
  fz-pos --dir $dir/tills/komugi sale 500 --png $dir/code.png
  fz-wallet --dir $dir/wallets/hanako pay --qr-image $dir/code.png     # in a third one
  fz-wallet --dir $dir/wallets/hanako history
  fz -c $TOWN_INI shop list
  fz -c $TOWN_INI help
  curl --cacert $TOWN_CA $TOWN_URL/metrics

END
    keep_up
}

# Until somebody stops us; if the switch ends by itself, that is an error.
keep_up() {
    stop_code=0
    wait "$TOWN_SWITCH_PID" || true
    fz_die "the switch has ended by itself; see $dir/switch.log"
}

main
