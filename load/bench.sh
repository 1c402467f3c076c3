#!/bin/bash
# How fast is it, beside what else one could run on this machine? Starts a PostgreSQL of its own
# with fsync on, and measures in turn, again and again, so that a slow minute hits everybody:
#
#   bench.sh [--seconds N] [--reps N] [--json FILE] [--quick] [--sign] [--keep DIR]
#
#   pgbench  TPC-B, -M prepared, scale 50
#   plain    one transaction per payment, row locks (plain.sql)
#   ledger   the ledger alone, in batches through the store (fz-load books)
#   switch   the whole: TLS, signatures, JSON, commit (fz-load against fz-switch)
#
# --seconds  of one reading (3)          --reps  repetitions; medians are reported (3)
# --json     where the figures go        --quick a town of a few people, seconds in all: a smoke run
# --sign     fz-load signs within the clock; else ahead of it, as phones would
# --keep     make the cluster and the town in DIR and leave them there, stopped
#
# Programs are taken from FZ_BIN_DIR, or else from build/release/bin. Exit code 0 whatever the
# figures; 1 when something broke or the books did not hold what was acknowledged.
set -euo pipefail
export LC_ALL=C.UTF-8
umask 077
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=bench_lib.sh
. "$here/bench_lib.sh"

usage() {
    sed -n 's/^#   bench/bench/p' "${BASH_SOURCE[0]}" >&2
    exit 2
}

seconds=3
reps=3
quick=0
json=
keep=
presign=(--presign)
prepare=() # how many intents are made ahead: fz-load knows better, but --quick shall be quick
while [ $# -gt 0 ]; do
    case $1 in
    --quick) quick=1 ;;
    --sign) presign=() ;;
    --seconds | --reps | --json | --keep)
        [ $# -ge 2 ] || usage
        printf -v "${1#--}" %s "$2"
        shift
        ;;
    *) usage ;;
    esac
    shift
done
[[ $seconds =~ ^[1-9][0-9]{0,2}$ && $reps =~ ^[1-9][0-9]?$ ]] || usage

# What --quick makes smaller; everything is measured all the same.
detail_seconds=$((seconds > 2 ? 2 : seconds)) # of what is only a point of a curve
if [ "$quick" = 1 ]; then
    seconds=1 detail_seconds=1 reps=1 prepare=(--prepare 500)
    scale=1 small=2000 large=4000 town_shops=3 town_residents=8
    pgbench_clients='1 8' plain_clients='8' batches='1 128' switch_clients='1 8' crowd=8
else
    scale=50 small=100000 large=1000000 town_shops=100 town_residents=256
    pgbench_clients='1 8 32' plain_clients='8 32' batches='1 8 32 128 512'
    switch_clients='1 8 64 256' crowd=64
fi
overload_clients=$((crowd * 12)) # three times as many as a worker lets wait

bench_begin
bench_cluster
bench_databases
bench_switches

for rep in $(seq 1 "$reps"); do
    note "repetition $rep of $reps, $((SECONDS - started)) s"
    for clients in $pgbench_clients; do
        read_pgbench tpcb "$clients" tpcb
    done
    for clients in $plain_clients; do
        read_pgbench plain "$clients" plain -f "$work/plain_uniform.sql"
        read_pgbench plain_hot "$clients" plain -f "$work/plain_hot.sql"
    done
    for batch in $batches; do
        for pick in uniform hot; do
            read_books ledger_small "$batch" "$pick" pay
            read_books ledger_large "$batch" "$pick" pay
        done
    done
    read_books ledger_small 128 zipf pay
    read_books ledger_small 128 uniform p2p
    for clients in $switch_clients; do
        read_switch uniform "$port" --scenario uniform --clients "$clients" "${presign[@]}" \
            "${prepare[@]}"
    done
    peak=$(peak_so_far)
    note "peak so far: $peak payments/s"
    read_switch hot "$port" --scenario hot --clients "$crowd" "${presign[@]}" "${prepare[@]}"
    read_switch sale "$port" --scenario sale --clients "$crowd"
    read_switch signing "$port" --scenario uniform --clients "$crowd" "${prepare[@]}"
    for clients in $crowd $((crowd * 4)); do
        read_switch uniform_two "$port_two" --scenario uniform --clients "$clients" \
            "${presign[@]}" "${prepare[@]}"
    done
    read_switch hot_two "$port_two" --scenario hot --clients "$crowd" "${presign[@]}" \
        "${prepare[@]}"
    read_switch inquiries "$port" --scenario "$work/inquiries.ini" --clients "$crowd" \
        --prepare 256
    read_switch inquiries_two "$port_two" --scenario "$work/inquiries.ini" --clients "$crowd" \
        --prepare 256
    read_switch half "$port" --scenario uniform --clients "$crowd" --rate $((peak / 2 + 1)) \
        "${presign[@]}"
    read_switch overload "$port" --scenario uniform --clients "$overload_clients" \
        --rate $((peak * 3)) --inquiries 20 "${presign[@]}"
    read_usage sampled --scenario uniform --clients "$crowd" "${presign[@]}" "${prepare[@]}"
done
read_memory
bench_end

bench_summary >"$work/figures.json"
[ -z "$json" ] || cp "$work/figures.json" "$json"
"$here/table.sh" "$work/figures.json"
[ "$broken" = 0 ] || echo "bench: something broke or was not conserved; see above" >&2
exit "$broken"
