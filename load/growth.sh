#!/bin/bash
# What does a payment cost in a larger town, and in an older one? The ledger alone, in batches of
# 128, with few and many accounts, and then again and again while transfers pile up, each of them
# booked by the ledger itself:
#
#   growth.sh [--transfers N] [--seconds N] [--json FILE]
#
# --transfers  how many are stored in the end (10,000,000: about ten minutes and 30 GB on the disk
#              while it runs)
# --seconds    of one reading (4)
# --json       where the figures go; else to stdout
# shellcheck disable=SC2016 # jq and SQL have dollars of their own
set -euo pipefail
export LC_ALL=C.UTF-8
umask 077
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=bench_lib.sh
. "$here/bench_lib.sh"

transfers=10000000
seconds=4
json=
while [ $# -ge 2 ]; do
    case $1 in
    --transfers | --seconds | --json) printf -v "${1#--}" %s "$2" ;;
    *) break ;;
    esac
    shift 2
done
if [ $# != 0 ] || ! [[ $seconds =~ ^[1-9][0-9]{0,2}$ && $transfers =~ ^[1-9][0-9]{0,8}$ ]]; then
    sed -n 's/^#   growth/growth/p' "${BASH_SOURCE[0]}" >&2
    exit 2
fi
detail_seconds=$seconds
presign=()
small=$((transfers < 100000 ? transfers : 100000))
large=$((small * 10))
steps=5

bench_begin
bench_free_disk $((transfers / 300 + 2000))
bench_cluster
for name in ledger_small ledger_large; do
    note "making $name"
    make_community "$name"
done
fill ledger_small "$small"
fill ledger_large "$large"
psql_quiet -d "$conninfo" -c CHECKPOINT

read_growth() {
    read_books "$1" 128 uniform pay
    read_books "$1" 128 hot pay
}

read_growth ledger_small
read_growth ledger_large
for step in $(seq 1 "$steps"); do
    note "storing, $((step * transfers / steps)) in the end of step $step, $((SECONDS - started)) s"
    "$bin/fz-load" books --database "$(database ledger_large)" --command p2p --batch 512 \
        --payments $((transfers / steps)) --seed "$((step + 1000))" --json >"$work/out" ||
        die 'the transfers were not stored as they were acknowledged'
    record storing '{$contender, $rep} + .' "$work/out"
    read_growth ledger_large
done
bytes=$(psql_quiet -At -d "$(database ledger_large)" -c '
    SELECT json_object_agg(relname, pg_total_relation_size(c.oid) ORDER BY relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
    WHERE nspname = $$fz$$ AND relkind = $$r$$ AND pg_total_relation_size(c.oid) > 1000000')

jq -s --argjson machine "$(machine)" --argjson versions "$(versions)" --argjson bytes "$bytes" \
    --argjson settings "$(postgresql_settings)" --arg date "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    --argjson seconds "$seconds" --argjson took_s "$((SECONDS - started))" '
    {$date, readings: map(select(.contender != "storing") | {accounts, stored_transfers, pick, tps,
         batch_p50_ms, batch_p99_ms, cpu_us_per_payment, backend_cpu_us_per_payment,
         wal_bytes_per_payment}),
     storing_tps: map(select(.contender == "storing") | .tps),
     table_bytes: $bytes, $machine, $versions,
     settings: {postgresql: $settings, $seconds, batch: 128},
     $took_s}' "$raw" >"$work/growth.json"
if [ -n "$json" ]; then
    cp "$work/growth.json" "$json"
else
    cat "$work/growth.json"
fi
exit "$broken"
