#!/bin/bash
# Prints the figures of a run of bench.sh as a table, with the budgets beside them:
#
#   table.sh FILE.json
#
# The same text stands in docs/performance.md, so that no number there was ever typed by hand.
set -euo pipefail

if [ $# != 1 ] || [ ! -r "$1" ]; then
    sed -n 's/^#   table/table/p' "${BASH_SOURCE[0]}" >&2
    exit 2
fi

jq -r '
def thousands: tostring | . as $t | ($t | length) as $n
    | if $n <= 3 then $t else ($t[0:$n - 3] | thousands) + "," + $t[$n - 3:] end;
def whole: if . == null then "-" else round | thousands end;
def fixed($n): if . == null then "-" else
    (. * pow(10; $n) | round) as $v | ($v / pow(10; $n) | floor | tostring)
    + "." + (($v % pow(10; $n)) + pow(10; $n) | floor | tostring | .[1:]) end;
def met($condition): if $condition == null then "-" elif $condition then "yes" else "no" end;
def ratio($a; $b): if $a == null or $b == null or $b == 0 then null else $a / $b end;
def row($what; $value; $budget; $condition):
    "| \($what) | \($value) | \($budget) | \(if $budget == "" then "" else met($condition) end) |";
def under($value; $limit): if $value == null then null else $value <= $limit end;
def over($value; $limit): if $value == null then null else $value >= $limit end;

. as $f | $f.pgbench_tpcb_tps as $base | $f.details as $d
| ($d.payment_p99_ms["64"].median) as $p99_64
| "| what | measured | budget | met |",
  "|---|---:|---|---|",
  row("pgbench TPC-B, best client count"; "\($base | whole)/s"; ""; null),
  row("plain ledger, uniform"; "\($f.plain_tps | whole)/s"; ""; null),
  row("plain ledger, every payment to one account"; "\($f.plain_hot_tps | whole)/s"; ""; null),
  row("ledger commit, batches of 128, uniform";
      "\($f.ledger_tps_128 | whole)/s, \(ratio($f.ledger_tps_128; $base) | fixed(2)) x pgbench";
      ">= 5 x pgbench"; over(ratio($f.ledger_tps_128; $base); 5)),
  row("the same, every payment to one shop";
      "\($f.ledger_hot_tps_128 | whole)/s, "
      + "\(ratio($f.ledger_hot_tps_128; $f.ledger_tps_128) | fixed(2)) x uniform";
      ">= 0.9 x uniform"; over(ratio($f.ledger_hot_tps_128; $f.ledger_tps_128); 0.9)),
  row("whole payment: TLS, signature, JSON, commit";
      "\($f.payment_tps | whole)/s, \(ratio($f.payment_tps; $base) | fixed(2)) x pgbench";
      ">= 1.2 x pgbench"; over(ratio($f.payment_tps; $base); 1.2)),
  row("the same, every payment to one shop";
      "\($f.payment_hot_tps | whole)/s, \(ratio($f.payment_hot_tps; $f.payment_tps) | fixed(2))"
      + " x uniform"; ""; null),
  row("one client: p50"; "\($f.payment_p50_ms_1 | fixed(2)) ms"; "<= 1 ms";
      under($f.payment_p50_ms_1; 1)),
  row("one client: p99"; "\($f.payment_p99_ms_1 | fixed(2)) ms"; "<= 5 ms";
      under($f.payment_p99_ms_1; 5)),
  row("half of peak load: p99"; "\($f.payment_p99_ms_half | fixed(2)) ms"; "<= 10 ms";
      under($f.payment_p99_ms_half; 10)),
  row("64 clients, closed loop: p99"; "\($p99_64 | fixed(2)) ms"; "<= 20 ms"; under($p99_64; 20)),
  row("log (WAL) per payment, signed order included";
      "\($f.wal_bytes_per_payment | whole) bytes"; "<= 1,500 bytes";
      under($f.wal_bytes_per_payment; 1500)),
  row("memory of a worker, \($f.settings.accounts.large | whole) accounts";
      "\($f.switch_rss_mib | fixed(1)) MiB"; "<= 128 MiB"; under($f.switch_rss_mib; 128)),
  row("overload, three times the peak: goodput";
      "\($f.overload_goodput_ratio | fixed(2)) x peak"; ">= 0.9 x peak";
      over($f.overload_goodput_ratio; 0.9)),
  ($d.overload | if (.refused_503.median // 0) > 0 then .time_to_503_p99_ms.median else null end)
  as $to_503
  | row("overload: time to a 503, p99"; (if $to_503 == null then "none was needed"
      else ($to_503 | fixed(1)) + " ms" end); "<= 100 ms"; under($to_503; 100)),
  row("whole sale: intent and payment"; "\($d.sale_tps.median | whole)/s"; ""; null),
  row("payments with one worker, with two";
      "\($d.workers.payment_tps["1"].median | whole)/s, "
      + "\($d.workers.payment_tps["2"].median | whole)/s"; ""; null),
  row("inquiries with one worker, with two";
      "\($d.workers.inquiries_per_s["1"].median | whole)/s, "
      + "\($d.workers.inquiries_per_s["2"].median | whole)/s"; "two more than one";
      if $d.workers.inquiries_per_s["1"].median == null then null else
      $d.workers.inquiries_per_s["2"].median > $d.workers.inquiries_per_s["1"].median end)
' "$1"
