#!/bin/bash
# load/bench.sh, small and quick: that it measures everything it says, that the books hold what was
# acknowledged, and that table and graph can be made from the figures. What the figures are is
# nobody's business here: a test must not depend on how fast a machine is.
set -euo pipefail
source_dir=${FZ_SOURCE_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

keys='pgbench_tpcb_tps plain_tps plain_hot_tps ledger_tps_128 ledger_hot_tps_128 payment_tps
      payment_hot_tps payment_p50_ms_1 payment_p99_ms_1 payment_p99_ms_half wal_bytes_per_payment
      switch_rss_mib overload_goodput_ratio'

"$source_dir/load/bench.sh" --quick --json "$work/figures.json" >"$work/table"
for key in $keys; do
    jq -e --arg key "$key" '.[$key] | type == "number" and . > 0' "$work/figures.json" \
        >/dev/null || {
        echo "$key is no figure: $(jq -c --arg key "$key" '.[$key]' "$work/figures.json")" >&2
        exit 1
    }
done
jq -e '[.raw[] | .conserved // .conservation.ok | select(. != null)] | length > 10 and all' \
    "$work/figures.json" >/dev/null || {
    echo 'not everything was conserved, or nobody looked' >&2
    exit 1
}
if [ "$(wc -l <"$work/table")" -lt 15 ] || grep -q null "$work/table"; then
    echo 'the table is not whole:' >&2
    cat "$work/table" >&2
    exit 1
fi
"$source_dir/load/graph.sh" "$work/figures.json" >"$work/graph.svg"
python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$work/graph.svg"
