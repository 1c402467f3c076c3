#!/bin/bash
# Prints figures as tables, so that no number in docs/performance.md was ever typed by hand:
#
#   table.sh FILE.json            of a run of bench.sh: all there is a budget for, and the peers
#   table.sh --batches FILE.json  the ledger alone by size of batch
#   table.sh --clients FILE.json  the whole switch by number of clients
#   table.sh --profile FILE.json  what a payment costs in processor time and log
#   table.sh --machine FILE.json  where and how it was measured
#   table.sh --growth FILE.json   of a run of growth.sh
# shellcheck disable=SC2016,SC2034 # the programs are in jq and have dollars of their own
set -euo pipefail

which=--budgets
case ${1:-} in
--batches | --clients | --profile | --machine | --growth)
    which=$1
    shift
    ;;
esac
if [ $# != 1 ] || [ ! -r "$1" ]; then
    sed -n 's/^#   table/table/p' "${BASH_SOURCE[0]}" >&2
    exit 2
fi

# What the tables share.
definitions='
def thousands: tostring | . as $t | ($t | length) as $n
    | if $n <= 3 then $t else ($t[0:$n - 3] | thousands) + "," + $t[$n - 3:] end;
def whole: if . == null then "-" else round | thousands end;
def fixed($n): if . == null then "-" elif $n == 0 then whole else
    (. * pow(10; $n) | round) as $v | ($v / pow(10; $n) | floor | tostring)
    + "." + (($v % pow(10; $n)) + pow(10; $n) | floor | tostring | .[1:]) end;
def met($condition): if $condition == null then "-" elif $condition then "yes" else "no" end;
def ratio($a; $b): if $a == null or $b == null or $b == 0 then null else $a / $b end;
def row($what; $value; $budget; $condition):
    "| \($what) | \($value) | \($budget) | \(if $budget == "" then "" else met($condition) end) |";
def under($value; $limit): if $value == null then null else $value <= $limit end;
def over($value; $limit): if $value == null then null else $value >= $limit end;
def middle: if . == null then "-" else .median | whole end;
def middle($n): if . == null then "-" else .median | fixed($n) end;
def spread($n): if . == null or .median == null then "-"
    else "\(.median | fixed($n)) (\(.min | fixed($n)) to \(.max | fixed($n)))" end;
def numbered: keys | map(tonumber) | sort | map(tostring);
'

budgets='
. as $f | $f.pgbench_tpcb_tps as $base | $f.details as $d
| ($d.payment_p99_ms["64"].median) as $p99_64
| ($d.payment_tps | (.["64"] // .["8"]).median) as $uniform # with as many as the hot shop has
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
      "\($f.payment_hot_tps | whole)/s, \(ratio($f.payment_hot_tps; $uniform) | fixed(2))"
      + " x uniform with as many clients"; ""; null),
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
  row("hot shop across two workers";
      "\($d.workers.payment_hot_tps["2"].median | whole)/s, \(
       ratio($d.workers.payment_hot_tps["2"].median;
             ($d.workers.payment_tps["2"] | (.["64"] // .["8"]).median)) | fixed(2))"
      + " x uniform with two"; ">= 0.9 x uniform";
      over(ratio($d.workers.payment_hot_tps["2"].median;
                 ($d.workers.payment_tps["2"] | (.["64"] // .["8"]).median)); 0.9)),
  row("inquiries with one worker, with two";
      "\($d.workers.inquiries_per_s["1"].median | whole)/s, "
      + "\($d.workers.inquiries_per_s["2"].median | whole)/s"; "two more than one";
      if $d.workers.inquiries_per_s["1"].median == null then null else
      $d.workers.inquiries_per_s["2"].median > $d.workers.inquiries_per_s["1"].median end)
'

batches='
.settings.accounts as $n | .details.ledger_tps as $l | .details as $d
| "| payments in one commit | \($n.small | whole) accounts | one shop takes all |"
  + " \($n.large | whole) accounts | one shop takes all | a batch, p50 | p99 |",
  "|---:|---:|---:|---:|---:|---:|---:|",
  ($l.small.uniform | numbered[] as $b
   | "| \($b) | \($l.small.uniform[$b] | middle)/s | \($l.small.hot[$b] | middle)/s |"
     + " \($l.large.uniform[$b] | middle)/s | \($l.large.hot[$b] | middle)/s |"
     + " \($d.ledger_batch_p50_ms[$b] | middle(2)) ms |"
     + " \($d.ledger_batch_p99_ms[$b] | middle(2)) ms |"),
  "",
  "Zipf 1.0 instead of uniform, batches of 128: \($d.ledger_zipf_tps_128 | middle)/s. Person to"
  + " person (no intent, no event): \($d.ledger_p2p_tps_128 | middle)/s."
'

clients='
.details as $d
| "| clients | payments | p50 | p99 | with two workers | p99 |", "|---:|---:|---:|---:|---:|---:|",
  ($d.payment_tps | numbered[] as $c
   | "| \($c) | \($d.payment_tps[$c] | middle)/s | \($d.payment_p50_ms[$c] | middle(2)) ms |"
     + " \($d.payment_p99_ms[$c] | middle(2)) ms |"
     + (if $d.workers.payment_tps["2"][$c] == null then "  |  |" else
        " \($d.workers.payment_tps["2"][$c] | middle)/s |"
        + " \($d.workers.payment_p99_ms["2"][$c] | middle(2)) ms |" end))
'

profile='
.details as $d | $d.cpu_us_per_payment as $c
| "| a payment costs | median (least to greatest) |", "|---|---:|",
  "| processor, switch: TLS, HTTP, signature, JSON, decide | \($c.switch | spread(1)) us |",
  "| processor, PostgreSQL, all its processes | \($c.postgresql | spread(1)) us |",
  "| processor, load generator | \($c.load | spread(1)) us |",
  "| ledger alone, batches of 128: processor, deciding and sending |"
  + " \($d.ledger_cpu_us_128 | spread(1)) us |",
  "| ledger alone, batches of 128: processor, its PostgreSQL process |"
  + " \($d.ledger_postgresql_cpu_us_128 | spread(1)) us |",
  "| ledger alone, batches of 128: log | \($d.ledger_wal_bytes_per_payment["128"] | spread(0))"
  + " bytes |"
'

machine='
.machine as $m | .settings as $s
| "Measured on \(.date[0:10]): \($m.cpu), \($m.cores) cores, \($m.memory_mib | whole) MiB,"
  + " \($m.kernel); a durable write of 8 kB takes \($m.disk_sync_us | whole) us."
  + " PostgreSQL \(.versions.postgresql), "
  + ([$s.postgresql | to_entries[] | "`\(.key) = \(.value)`"] | join(", ")) + "."
  + " FeeZero \(.versions.commit), one worker unless said. \($s.repetitions) repetitions,"
  + " \($s.seconds) s a reading, \(.took_s) s in all; the load generator signed "
  + (if $s.presigned then "ahead of" else "within" end) + " the clock."
  + (if $s.quick then " A smoke run in a tiny town: not to be quoted." else "" end)
'

growth='
"| accounts | stored transfers | uniform | one shop takes all | a batch, p99 | PostgreSQL,"
+ " processor | log |",
"|---:|---:|---:|---:|---:|---:|---:|",
([.readings | range(0; length; 2) as $i | .[$i:$i + 2]][] | .[0] as $u | .[1] as $h
 | "| \($u.accounts | whole) | \($u.stored_transfers | whole) | \($u.tps | whole)/s |"
   + " \($h.tps | whole)/s | \($u.batch_p99_ms | fixed(2)) ms |"
   + " \($u.backend_cpu_us_per_payment | fixed(1)) us |"
   + " \($u.wal_bytes_per_payment | whole) bytes |"),
"",
"Measured on \(.date[0:10]), batches of 128."
'

name=${which#--}
jq -r "$definitions ${!name}" "$1"
