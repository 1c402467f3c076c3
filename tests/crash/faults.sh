# The kinds of faults of the crash test, one function each, named fault_KIND. It returns when the
# fault is mended; what the service does with it then is the round's business. Sourced by run.sh.
# shellcheck shell=bash disable=SC2034,SC2154 # the variables are those of lib.sh

FAULTS='worker master switch backend terminate postmaster postgres fast immediate diskfull cut
    commit stop freeze network both restart outage'

fault_worker() {
    choose_worker
    signal_workers KILL "$chosen" # the master starts another one
}

# The workers that are left finish and end by themselves, beside those of the new master.
fault_master() {
    look_for_workers
    local orphans=("${workers[@]}")
    kill_and_wait KILL "$master"
    start_switch
    wait_gone 30 "${orphans[@]}" || die "a worker outlived its master for 30 s"
}

fault_switch() {
    look_for_workers
    kill -STOP "$master" # so that it starts no new worker before its own end
    signal_workers KILL "${workers[@]}"
    kill_and_wait KILL "$master"
    start_switch
}

# Sets $backend to the process that serves a writer, one with a batch under way if there is one.
find_backend() {
    local attempt
    for attempt in $(seq 1 50); do
        backend=$(psql -X -q -A -t -d "$database" -c "
            SELECT pid FROM pg_stat_activity WHERE application_name = 'fz-switch writer'
            ORDER BY state = 'idle', random() LIMIT 1" || true)
        [ -z "$backend" ] || return 0
        sleep 0.05 # they are just connecting
    done
    die "there was no writer in $attempt looks"
}

# PostgreSQL takes this for a memory that may be spoilt: it ends every session and recovers.
fault_backend() {
    find_backend
    until kill -KILL "$backend" 2>/dev/null; do # it may have ended just now
        find_backend
    done
}

fault_terminate() {
    find_backend
    psql -X -q -d "$database" -c "SELECT pg_terminate_backend($backend)" >/dev/null
}

# The rest of PostgreSQL notices by itself that it is headless, and ends.
fault_postmaster() {
    local pid
    pid=$(head -n 1 "$work/pg/data/postmaster.pid")
    kill -KILL "$pid"
    while kill -0 "$pid" 2>/dev/null; do # so that nobody takes it for one that runs
        sleep 0.02
    done
    sleep_some 0 500
    "$pgtmp" start "$work/pg" >/dev/null
}

fault_postgres() {
    "$pgtmp" crash "$work/pg"
    sleep_some 0 500
    "$pgtmp" start "$work/pg" >/dev/null
}

fault_fast() {
    "$pgtmp" restart "$work/pg" >/dev/null
}

fault_immediate() {
    "$pgtmp" restart --immediate "$work/pg" >/dev/null
}

# The WAL's file system fills up until PostgreSQL gives up; then there is room again.
fault_diskfull() {
    local deadline=$((SECONDS + READY_S)) lines
    lines=$(wc -l <"$work/pg/server.log")
    dd if=/dev/zero of="$work/wal/filler" bs=64k status=none 2>/dev/null || true
    # What segments it has in reserve are used up faster by us than by the load.
    while psql -X -q -d "$database" -c 'SELECT pg_switch_wal()' >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || die "the WAL's disk does not fill up"
    done
    sleep_some 0 300
    rm "$work/wal/filler"
    tail -n "+$((lines + 1))" "$work/pg/server.log" | grep -q 'No space left on device' ||
        die "PostgreSQL does not say that its disk is full"
    until psql -X -q -d "$database" -c 'SELECT 1' >/dev/null 2>&1; do
        [ $SECONDS -lt $deadline ] || die "PostgreSQL does not recover from a full disk"
        "$pgtmp" start "$work/pg" >/dev/null # it may have given up for good
        sleep 0.05
    done
}

# Three connections are cut in the middle of what is said, on the way to PostgreSQL or back.
fault_cut() {
    local way
    for _ in 1 2 3; do
        draw 1 12000
        way=$((RANDOM % 2))
        if [ "$way" = 0 ]; then
            order "up $drawn"
        else
            order "down $((drawn / 6 + 1))" # it says less than it is told
        fi
    done
}

# COMMIT was passed on whole and its answer never comes: at once, or while it is being done.
fault_commit() {
    for _ in 1 2 3; do
        draw 0 12
        order "commit $drawn"
    done
}

# The worker that holds the head sleeps until PostgreSQL has taken it away, and must not book what
# it had decided before.
fault_stop() {
    local pid
    order hold
    pid=$(cut -d' ' -f2 <<<"$report")
    sleep_some 2300 3000
    signal_workers CONT "$pid"
}

fault_freeze() {
    choose_worker
    signal_workers STOP "$chosen"
    sleep_some 200 1500
    signal_workers CONT "$chosen"
}

# The load of this round goes through client_proxy.py from its beginning.
fault_network() {
    wait_payments 60
}

fault_both() {
    fault_worker
    fault_postgres
}

fault_restart() {
    look_for_workers
    kill -TERM "$master"
    wait_gone 30 "$master" "${workers[@]}" || die "fz-switch does not stop"
    wait "$master" || die "fz-switch ended with $? after SIGTERM"
    start_switch
}

# So long that the switch gives commands up, and says which of them are not booked.
fault_outage() {
    "$pgtmp" crash "$work/pg"
    sleep_some 8500 9500
    "$pgtmp" start "$work/pg" >/dev/null
}
