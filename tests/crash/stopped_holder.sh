#!/bin/bash
# A worker that is stopped (SIGSTOP) while it holds the community's head delays the others by at
# most the time an idle transaction may last (FZ_IDLE_TX_TIMEOUT_MS). Continued, it tells its own
# clients the truth, and books nothing of what it had decided before. The worker is stopped by
# pg_proxy.py exactly between its two round trips.
#
#   stopped_holder.sh [SEED]
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

MARGIN_MS=1500   # of a loaded machine: connecting, deciding, our own looking
STOPPED_MS=4000  # in all: well beyond every delay of the others

limit_ms=$(awk '$2 == "FZ_IDLE_TX_TIMEOUT_MS" { print $3 }' "$source_dir/include/feezero/limits.h")
RANDOM=${1:-$$}

monotonic_ms() {
    awk '{ printf "%d\n", $1 * 1000 }' /proc/uptime
}

# Milliseconds since the worker was stopped.
since_stop() {
    echo $(($(monotonic_ms) - stopped_ms))
}

start_cluster
start_town 1
start_load "${1:-$$}" 12000 # long enough to hear what a stopped worker has to say
wait_payments 50
order hold
read -r _ worker stopped_s <<<"$report"
stopped_ms=$(awk -v s="$stopped_s" 'BEGIN { printf "%d\n", s * 1000 }')
sleep 0.1 # what others had booked before is told by now
wait_payments 1
delay_ms=$(since_stop)
[ "$delay_ms" -le $((limit_ms + MARGIN_MS)) ] ||
    die "the others waited for $delay_ms ms, and $limit_ms + $MARGIN_MS are allowed"
[ "$delay_ms" -ge $((limit_ms / 2)) ] || die "the worker held nothing: no delay"
[ "$(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$worker/status")" = T ] ||
    die "the worker is not stopped any more"
before=$(acknowledged)
wait_payments 20 # not once: the others go on
left_ms=$((STOPPED_MS - $(since_stop)))
[ "$left_ms" -le 0 ] || sleep_ms "$left_ms"
others=$(($(acknowledged) - before))
signal_workers CONT "$worker"
wait_payments 50
end_load
check
slowest_ms=$(awk '$1 ~ /^(intent|pay)$/ && $NF > max { max = $NF } END { printf "%d", max }' \
    "$work/load.txt")
say "delay_ms=$delay_ms limit_ms=$limit_ms others=$others slowest_ms=$slowest_ms $counts"
# Its clients were held up as long as it was, and then got an answer of the ledger, each of them.
[ "$slowest_ms" -ge $((STOPPED_MS - 500)) ] || die "no client waited for the stopped worker"
load_counts=$(grep '^counts' "$work/load.txt")
for figure in unanswered undone unknown timeouts violations; do
    [ "$(of_counts "$figure" "$load_counts")" = 0 ] ||
        die "a client of the stopped worker was not answered: $load_counts"
done
