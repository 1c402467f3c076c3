# What the crash tests share: a cluster and a town of their own, the switch behind pg_proxy.py,
# load, and chance. Source it; it takes care of everything it started, by process id, when the
# script ends. The programs are taken from FZ_BIN_DIR, or else from build/release/bin.
# shellcheck shell=bash disable=SC2034 # some variables are for the scripts
set -eEuo pipefail
trap 'say "line $LINENO of ${BASH_SOURCE[0]}: failed: $BASH_COMMAND" >&2' ERR # never silent
export LC_ALL=C.UTF-8
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$here/../.." && pwd)
export FZ_BIN_DIR=${FZ_BIN_DIR:-$source_dir/build/release/bin}
pgtmp=$source_dir/tests/support/pgtmp.sh

READY_S=30     # for the service to answer again after a fault
LOAD_S=120     # the load of one round ends by itself after this
PATIENCE_S=60  # for an unknown outcome to be resolved
WAL_MIB=128    # of the file system of its own that the WAL is on
CLIENTS=16
SHOPS=4
THINK_MS=20    # keeps the ledger small enough for an audit in every round

keep=0
proxy_options=() # of pg_proxy.py
work=$(mktemp -d "${TMPDIR:-/tmp}/fz-crash.XXXXXX")
town=       # folder of the town that is in use
master=     # process id of fz-switch
workers=()  # of its workers, as last looked at
load=       # of fz-load
proxy=      # of pg_proxy.py
bad_network= # of client_proxy.py

say() {
    echo "crash: $*"
}

die() {
    say "$*" >&2
    exit 1
}

now_ms() {
    local now=${EPOCHREALTIME/[^0-9]/}
    echo $((now / 1000))
}

# --- chance --------------------------------------------------------------------------------------

# Never in a subshell: there bash would start from another seed.
draw() { # MIN MAX
    drawn=$(($1 + (RANDOM * 32768 + RANDOM) % ($2 - $1 + 1)))
}

sleep_ms() { # MS
    sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"
}

sleep_some() { # MIN_MS MAX_MS
    draw "$1" "$2"
    sleep_ms "$drawn"
}

# --- processes -----------------------------------------------------------------------------------

is_ours() { # PID: it still is an fz-switch of this run
    grep -qaF -- "$work/town" "/proc/$1/cmdline" 2>/dev/null
}

# Signals workers of ours; one that is gone already is no error.
signal_workers() { # SIGNAL PID...
    local signal=$1 pid
    shift
    for pid in "$@"; do
        ! is_ours "$pid" || kill "-$signal" "$pid" 2>/dev/null || true
    done
}

# A child that was not waited for keeps its id, so master, load and proxies need no second look.
kill_and_wait() { # SIGNAL PID
    kill "-$1" "$2" 2>/dev/null || true
    wait "$2" 2>/dev/null || true
}

# cat, because a process may end while it is looked at, and awk would stop there.
children_of() { # PID
    { cat /proc/[0-9]*/status 2>/dev/null || true; } | awk -v parent="$1" '
        $1 == "Pid:" { pid = $2 } $1 == "PPid:" && $2 == parent { print pid }'
}

# The courier, which delivers webhooks, is none of them.
look_for_workers() {
    mapfile -t workers < <(children_of "$master" | while read -r child; do
        [ "$(cat "/proc/$child/comm" 2>/dev/null)" = fz-courier ] || echo "$child"
    done)
}

choose_worker() {
    look_for_workers
    [ "${#workers[@]}" -gt 0 ] || die "fz-switch has no workers"
    chosen=${workers[RANDOM % ${#workers[@]}]}
}

start_switch() {
    "$FZ_BIN_DIR/fz-switch" -c "$town/switch.ini" >>"$work/switch.out" 2>&1 &
    master=$!
}

# As a service manager would: what ended with "try again" (the address was still taken) is started
# again. Called wherever something of the switch is waited for.
watch_switch() {
    local rc=0
    if ! jobs -rp | grep -qx "$master"; then
        wait "$master" || rc=$?
        [ "$rc" = 75 ] || die "fz-switch ended with $rc"
        start_switch
        sleep 0.05
    fi
}

# Waits until none of the processes is left.
wait_gone() { # SECONDS PID...
    local deadline=$((SECONDS + $1)) pid
    shift
    for pid in "$@"; do
        while is_ours "$pid"; do
            [ $SECONDS -lt $deadline ] || return 1
            sleep 0.05
        done
    done
}

stop_switch() {
    [ -n "$master" ] || return 0
    look_for_workers
    signal_workers CONT "${workers[@]}"
    kill -TERM "$master" 2>/dev/null || true
    wait_gone 30 "$master" "${workers[@]}" || kill -KILL "$master" 2>/dev/null || true
    signal_workers KILL "${workers[@]}"
    wait "$master" 2>/dev/null || true
    master=
}

# One answer is enough: the worker that gave it serves, and whoever does not asks again.
wait_ready() {
    local deadline=$((SECONDS + READY_S))
    until curl -sf --max-time 1 --cacert "$town/cert.pem" -o /dev/null "$url/readyz"; do
        [ $SECONDS -lt $deadline ] || die "the switch is not ready $READY_S s after the fault"
        watch_switch
        sleep 0.05
    done
}

# Waits for a first line: `ready` of a proxy.
wait_line() { # FILE
    local deadline=$((SECONDS + READY_S))
    until [ -s "$1" ]; do
        [ $SECONDS -lt $deadline ] || die "nothing in $1"
        sleep 0.02
    done
}

clean_up() {
    local rc=$?
    trap - EXIT INT TERM HUP
    set +e
    if [ -n "$load" ]; then
        kill_and_wait KILL "$load"
    fi
    if [ "$rc" != 0 ]; then
        tail -n 15 "$work"/load.txt "$work"/town*/switch.log "$work"/switch.out \
            "$work"/*proxy.err "$work"/pg/server.log
    fi >&2 2>/dev/null
    stop_switch
    [ -z "$bad_network" ] || kill_and_wait KILL "$bad_network"
    [ -z "$proxy" ] || kill_and_wait KILL "$proxy"
    if [ "$keep" = 1 ]; then
        "$pgtmp" stop --keep "$work/pg"
        say "kept $work"
    else
        "$pgtmp" stop "$work/pg"
        ! mountpoint -q "$work/wal" || umount "$work/wal"
        rm -rf "$work"
    fi
    exit "$rc"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# --- the town ------------------------------------------------------------------------------------

choose_port() { # sets $port
    for _ in $(seq 1 50); do
        draw 20000 32000
        port=$drawn
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            return
        fi
    done
    die "no free port"
}

# Puts the WAL on a small file system of its own, which can be filled without harm to others. Takes
# root in a mount namespace (run.sh), where the mount ends with us; 1 if that cannot be.
separate_wal() {
    local user
    [ -n "${FZ_CRASH_NAMESPACE:-}" ] || return 1
    user=$(stat -c %u "$work/pg/data")
    mkdir "$work/wal"
    mount -t tmpfs -o "size=${WAL_MIB}m,mode=0700,uid=$user" tmpfs "$work/wal" 2>/dev/null ||
        return 1
    "$pgtmp" stop --keep "$work/pg"
    mv "$work/pg/data/pg_wal" "$work/wal/pg_wal"
    ln -s "$work/wal/pg_wal" "$work/pg/data/pg_wal"
    printf 'min_wal_size = 32MB\nmax_wal_size = 64MB\n' >>"$work/pg/data/postgresql.conf"
    "$pgtmp" start "$work/pg" >/dev/null
}

# Everything of the switch goes through pg_proxy.py: orders in through a pipe, reports to a file.
start_proxy() {
    mkdir -p "$work/proxy"
    rm -f "$work/proxy/.s.PGSQL.5432"
    [ -p "$work/orders" ] || mkfifo "$work/orders"
    exec {orders}<>"$work/orders"
    : >"$work/proxy.out"
    python3 "$here/pg_proxy.py" "$work/proxy/.s.PGSQL.5432" "$postgres_socket" \
        "${proxy_options[@]}" <&"$orders" >"$work/proxy.out" 2>>"$work/pg_proxy.err" &
    proxy=$!
    wait_line "$work/proxy.out"
}

# order LINE: waits until the proxy has carried it out, and sets $report to what it says.
order() {
    local lines deadline=$((SECONDS + READY_S))
    lines=$(wc -l <"$work/proxy.out")
    echo "$1" >&"$orders"
    until [ "$(wc -l <"$work/proxy.out")" -gt "$lines" ]; do
        [ $SECONDS -lt $deadline ] || die "nothing came to the point of: $1"
        sleep 0.01
    done
    report=$(tail -n 1 "$work/proxy.out")
}

start_cluster() {
    conninfo=$("$pgtmp" start --durable "$work/pg")
    postgres_socket=$(sed -E 's/.*host=([^ ]*).*/\1/' <<<"$conninfo")/.s.PGSQL.5432
    choose_port
    url=https://localhost:$port
    start_proxy
}

# A new database and the town in it; the ledger of an earlier one is dropped.
start_town() { # NUMBER
    stop_switch
    psql -X -q -d "$conninfo" -c "DROP DATABASE IF EXISTS feezero WITH (FORCE)" \
        -c 'CREATE DATABASE feezero' 2>/dev/null
    database=${conninfo/dbname=postgres/dbname=feezero}
    town=$work/town$1
    "$source_dir/load/setup.sh" --dir "$town" --database "$database" --port "$port" \
        --shops $SHOPS --residents $CLIENTS --workers 2 >/dev/null
    sed "s|^database = .*|database = host=$work/proxy port=5432 user=postgres dbname=feezero|" \
        "$town/feezero.ini" >"$town/switch.ini"
    : >"$work/acknowledged"
    : >"$work/unknown"
    start_switch
    wait_ready
    "$FZ_BIN_DIR/fz-load" enrol --url "$url" --ca "$town/cert.pem" --keys "$town/keys" \
        --codes "$town/codes" >/dev/null
}

# --- load ----------------------------------------------------------------------------------------

start_load() { # SEED TIMEOUT_MS [PORT]
    "$FZ_BIN_DIR/fz-load" --url "https://localhost:${3:-$port}" --ca "$town/cert.pem" \
        --keys "$town/keys" --clients $CLIENTS --seconds $LOAD_S --think-ms $THINK_MS \
        --timeout-ms "$2" --patience-s $PATIENCE_S --replays 10 --rivals 10 --seed "$1" \
        --ack "$work/acknowledged" --unknown "$work/unknown" >"$work/load.txt" 2>&1 &
    load=$!
}

acknowledged() {
    wc -l <"$work/acknowledged"
}

# Waits until so many more payments were acknowledged: after a fault the service goes on.
wait_payments() { # COUNT
    local wanted=$(($(acknowledged) + $1)) deadline=$((SECONDS + READY_S))
    until [ "$(acknowledged)" -ge "$wanted" ]; do
        jobs -rp | grep -qx "$load" || die "fz-load ended too early"
        [ $SECONDS -lt $deadline ] || die "no payments any more"
        watch_switch
        sleep 0.02
    done
}

end_load() {
    local rc=0
    kill -TERM "$load" 2>/dev/null || true
    wait "$load" || rc=$?
    load=
    [ "$rc" = 0 ] || die "fz-load ended with $rc"
}

# --- the check -----------------------------------------------------------------------------------

audited=0

# Sets $counts, the line of check.sh.
check() {
    local rc=0
    counts=$("$here/check.sh" "$database" "$work/acknowledged" "$work/unknown") || rc=$?
    [ "$rc" = 0 ] || die "the ledger is not what the clients were told: $counts"
    "$FZ_BIN_DIR/fz" -c "$town/feezero.ini" --quiet audit >"$work/audit.txt" 2>&1 ||
        die "fz audit: $(cat "$work/audit.txt")"
    audited=$((audited + 1))
}

# of_counts NAME LINE: prints the number behind NAME=
of_counts() {
    sed -E "s/.*\\b$1=([0-9]+).*/\\1/" <<<"$2"
}
