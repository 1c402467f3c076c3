#!/bin/bash
# The crash test: people pay through fz-switch while parts of it, or PostgreSQL, are killed, stopped
# or cut off at random moments. After each round the load ends, every unknown outcome must have been
# resolved, and the ledger must hold what the clients were told, exactly once (check.sh), and pass
# `fz audit`.
#
#   run.sh [--rounds N] [--seed S] [--faults 'worker master ...'] [--keep]
#
# --keep leaves the folder with logs and records behind. The programs are taken from FZ_BIN_DIR, or
# else from build/release/bin. Nothing is ended but what this script started, by process id.
set -euo pipefail
export LC_ALL=C.UTF-8
umask 077

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_dir=$(cd "$here/../.." && pwd)
export FZ_BIN_DIR=${FZ_BIN_DIR:-$source_dir/build/release/bin}
pgtmp=$source_dir/tests/support/pgtmp.sh

READY_S=30      # for the service to answer again after a fault
LOAD_S=120      # one round's load ends by itself after this
PATIENCE_S=60   # for an unknown outcome to be resolved
CLIENTS=16
THINK_MS=5      # keeps the ledger small enough for an audit in every round
FAULTS='worker master switch postgres backend stop both restart outage'

rounds=20
seed=$$
keep=0
read -ra faults <<<"$FAULTS"
while [ $# -gt 0 ]; do
    case $1 in
    --rounds | --seed)
        [[ ${2:-} =~ ^[0-9]{1,9}$ ]] || { echo "$1 wants a number" >&2; exit 2; }
        printf -v "${1#--}" %s "$2"
        shift 2
        ;;
    --faults)
        faults=()
        for word in ${2:?which faults?}; do
            [[ " $FAULTS " == *" $word "* ]] || { echo "faults are: $FAULTS" >&2; exit 2; }
            faults+=("$word")
        done
        shift 2
        ;;
    --keep)
        keep=1
        shift
        ;;
    *)
        sed -n 's/^#   run/run/p' "$0" >&2
        exit 2
        ;;
    esac
done
RANDOM=$seed

work=$(mktemp -d "${TMPDIR:-/tmp}/fz-crash.XXXXXX")
master=     # process id of fz-switch
workers=()  # of its workers, as last looked at
load=       # of fz-load
audited=0

say() {
    echo "crash: $*"
}

die() {
    say "$*" >&2
    exit 1
}

# --- processes -----------------------------------------------------------------------------------

is_ours() { # PID: it still is an fz-switch of this run
    grep -qaF -- "$work/town/feezero.ini" "/proc/$1/cmdline" 2>/dev/null
}

# Signals workers of ours; one that is gone already is no error.
signal_workers() { # SIGNAL PID...
    local signal=$1 pid
    shift
    for pid in "$@"; do
        ! is_ours "$pid" || kill "-$signal" "$pid" 2>/dev/null || true
    done
}

# A child that was not waited for keeps its id, so master and load need no second look.
kill_and_wait() { # SIGNAL PID
    kill "-$1" "$2" 2>/dev/null || true
    wait "$2" 2>/dev/null || true
}

look_for_workers() {
    mapfile -t workers < <(awk -v parent="$master" '
        $1 == "Pid:" { pid = $2 }
        $1 == "PPid:" && $2 == parent { print pid }' /proc/[0-9]*/status 2>/dev/null)
}

choose_worker() {
    look_for_workers
    [ "${#workers[@]}" -gt 0 ] || die "fz-switch has no workers"
    chosen=${workers[RANDOM % ${#workers[@]}]}
}

start_switch() {
    "$FZ_BIN_DIR/fz-switch" -c "$work/town/feezero.ini" >>"$work/switch.out" 2>&1 &
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

wait_ready() {
    local deadline=$((SECONDS + READY_S))
    until curl -sf --max-time 1 --cacert "$work/town/cert.pem" -o /dev/null "$url/readyz"; do
        [ $SECONDS -lt $deadline ] || die "the switch is not ready $READY_S s after the fault"
        watch_switch
        sleep 0.05
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
        tail -n 15 "$work"/load.txt "$work"/town/switch.log "$work"/switch.out "$work"/pg/server.log
    fi >&2 2>/dev/null
    stop_switch
    if [ "$keep" = 1 ]; then
        "$pgtmp" stop --keep "$work/pg"
        say "kept $work"
    else
        "$pgtmp" stop "$work/pg"
        rm -rf "$work"
    fi
    exit "$rc"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

now_ms() {
    local now=${EPOCHREALTIME/[^0-9]/}
    echo $((now / 1000))
}

# --- chance --------------------------------------------------------------------------------------

# Never in a subshell: there bash would start from another seed.
draw() { # MIN MAX
    drawn=$(($1 + (RANDOM * 32768 + RANDOM) % ($2 - $1 + 1)))
}

sleep_some() { # MIN_MS MAX_MS
    draw "$1" "$2"
    sleep "$(printf '%d.%03d' $((drawn / 1000)) $((drawn % 1000)))"
}

# Every kind of fault in turn, each turn in another order.
shuffled=()
next_fault() {
    if [ "${#shuffled[@]}" = 0 ]; then
        shuffled=("${faults[@]}")
    fi
    local at=$((RANDOM % ${#shuffled[@]}))
    fault=${shuffled[at]}
    unset "shuffled[at]"
    shuffled=("${shuffled[@]}")
}

# --- faults --------------------------------------------------------------------------------------

kill_worker() {
    choose_worker
    signal_workers KILL "$chosen" # the master starts another one
}

# The workers that are left finish and end by themselves, beside those of the new master.
kill_master() {
    look_for_workers
    local orphans=("${workers[@]}")
    kill_and_wait KILL "$master"
    start_switch
    wait_gone 30 "${orphans[@]}" || die "a worker outlived its master for 30 s"
}

kill_switch() {
    look_for_workers
    kill -STOP "$master" # so that it starts no new worker before its own end
    signal_workers KILL "${workers[@]}"
    kill_and_wait KILL "$master"
    start_switch
}

kill_postgres() {
    "$pgtmp" crash "$work/pg"
    sleep_some 0 700
    "$pgtmp" start "$work/pg" >/dev/null
}

# So long that the switch gives commands up, and says which of them are not booked.
lose_postgres() {
    "$pgtmp" crash "$work/pg"
    sleep_some 8500 9500
    "$pgtmp" start "$work/pg" >/dev/null
}

cut_writer() {
    local attempt
    for attempt in $(seq 1 50); do
        [ "$(psql -X -q -A -t -d "$database" -c "
            SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE application_name = 'fz-switch writer'
            ORDER BY random() LIMIT 1")" != t ] || return 0
        sleep 0.05 # they are just connecting
    done
    die "there was no writer to cut off in $attempt attempts"
}

# Long enough, now and then, for PostgreSQL to take the ledger's head away from it.
freeze_worker() {
    choose_worker
    signal_workers STOP "$chosen"
    sleep_some 300 3500
    signal_workers CONT "$chosen"
}

restart_switch() {
    look_for_workers
    kill -TERM "$master"
    wait_gone 30 "$master" "${workers[@]}" || die "fz-switch does not stop"
    wait "$master" || die "fz-switch ended with $? after SIGTERM"
    start_switch
}

carry_out() {
    case $1 in
    worker) kill_worker ;;
    master) kill_master ;;
    switch) kill_switch ;;
    postgres) kill_postgres ;;
    backend) cut_writer ;;
    stop) freeze_worker ;;
    both)
        kill_worker
        kill_postgres
        ;;
    restart) restart_switch ;;
    outage) lose_postgres ;;
    esac
}

# --- a round -------------------------------------------------------------------------------------

start_load() { # SEED TIMEOUT_MS
    "$FZ_BIN_DIR/fz-load" --url "$url" --ca "$work/town/cert.pem" --keys "$work/town/keys" \
        --clients $CLIENTS --seconds $LOAD_S --think-ms $THINK_MS --timeout-ms "$2" \
        --patience-s $PATIENCE_S --replays 10 --rivals 10 --seed "$1" \
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

check() {
    local rc=0
    counts=$("$here/check.sh" "$database" "$work/acknowledged" "$work/unknown") || rc=$?
    [ "$rc" = 0 ] || die "the ledger is not what the clients were told: $counts"
    "$FZ_BIN_DIR/fz" -c "$work/town/feezero.ini" --quiet audit >"$work/audit.txt" 2>&1 ||
        die "fz audit: $(cat "$work/audit.txt")"
    audited=$((audited + 1))
}

round() { # NUMBER
    local fault mended_ms back_ms clients timeout_ms=2000
    next_fault
    [ "$fault" != outage ] || timeout_ms=12000 # to hear what the switch has to say
    start_load $((seed * 1000 + $1)) $timeout_ms
    wait_payments 20
    sleep_some 0 900
    carry_out "$fault"
    mended_ms=$(now_ms)
    wait_payments 1
    back_ms=$(($(now_ms) - mended_ms))
    wait_ready
    wait_payments 50
    sleep_some 0 400
    end_load
    check
    clients=$(grep -oE '(undone|unanswered|server_50[03])=[0-9]+' "$work/load.txt" | tr '\n' ' ')
    say "round $1 $fault: $counts${clients}back_ms=$back_ms"
}

# --- the test of the check -----------------------------------------------------------------------

expect_red() { # WHAT ACKNOWLEDGED UNKNOWN [STATEMENT]
    local what=$1
    shift
    if "$here/check.sh" "$database" "$@" >"$work/tampered.txt" 2>&1; then
        die "the check did not notice: $what: $(cat "$work/tampered.txt")"
    fi
}

# A check that cannot fail proves nothing: records and ledger are falsified, one thing at a time.
check_the_check() {
    local told=$work/acknowledged unknown=$work/unknown wrong=$work/tampered
    local middle=$(($(acknowledged) / 2))
    sed "${middle}d" "$told" >"$wrong"
    expect_red 'a payment nobody was told of' "$wrong" "$unknown"
    sed "${middle}p" "$told" >"$wrong"
    expect_red 'a payment told twice' "$wrong" "$unknown"
    awk -v line="$middle" 'NR == line { $3++ } { print }' "$told" >"$wrong"
    expect_red 'another amount' "$wrong" "$unknown"
    awk -v line="$middle" 'NR == line { $4++ } { print }' "$told" >"$wrong"
    expect_red 'another number' "$wrong" "$unknown"
    sed -n "${middle}s/^\([^ ]* [^ ]* [^ ]*\).*/unknown \1/p" "$told" |
        cat "$unknown" - >"$wrong"
    expect_red 'an unknown outcome never resolved' "$told" "$wrong"
    sed -n "${middle}s/ .*//p" "$told" |
        sed 's/.*/unknown & & 1\nresolved & tombstoned/' | cat "$unknown" - >"$wrong"
    expect_red 'a tombstone for what was booked' "$told" "$wrong"
    local number
    number=$(sed -n "${middle}s/.* //p" "$told")
    expect_red 'a lost transfer' "$told" "$unknown" \
        "DELETE FROM fz.transfer WHERE number = $number"
    expect_red 'a transfer booked twice' "$told" "$unknown" \
        "INSERT INTO fz.transfer SELECT community_id, last_number + 1, debit, credit, amount,
         time_us, debit_previous, credit_previous, corrects, op_id, kind
         FROM fz.transfer JOIN fz.head USING (community_id) WHERE number = $number"
    expect_red 'a balance that is off by one' "$told" "$unknown" \
        "UPDATE fz.account SET credits_posted = credits_posted + 1 WHERE account / 1000000000 = 10"
}

# --- the whole -----------------------------------------------------------------------------------

choose_port() {
    for _ in $(seq 1 50); do
        draw 20000 32000
        port=$drawn
        if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
            return
        fi
    done
    die "no free port"
}

set_up() {
    conninfo=$("$pgtmp" start --durable "$work/pg")
    psql -X -q -d "$conninfo" -c 'CREATE DATABASE feezero'
    database=${conninfo/dbname=postgres/dbname=feezero}
    choose_port
    url=https://localhost:$port
    "$source_dir/load/setup.sh" --dir "$work/town" --database "$database" --port "$port" \
        --shops 4 --residents $CLIENTS --workers 2
    : >"$work/acknowledged"
    : >"$work/unknown"
    start_switch
    wait_ready
    "$FZ_BIN_DIR/fz-load" enrol --url "$url" --ca "$work/town/cert.pem" --keys "$work/town/keys" \
        --codes "$work/town/codes"
}

say "seed=$seed"
set_up
for number in $(seq 1 "$rounds"); do
    round "$number"
done
check_the_check
stop_switch
say "rounds=$rounds audited=$audited $counts"
