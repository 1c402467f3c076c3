#!/bin/bash
# Draws the figures of a run of bench.sh, as SVG on stdout:
#
#   graph.sh FILE.json > docs/performance.svg
#
# Above: payments or transactions per second of every contender, the median as a bar, the least and
# the greatest reading as a line over it. Below: the ledger alone by size of batch.
set -euo pipefail

if [ $# != 1 ] || [ ! -r "$1" ]; then
    sed -n 's/^#   graph/graph/p' "${BASH_SOURCE[0]}" >&2
    exit 2
fi

jq -r '
def thousands: round | tostring | . as $t | ($t | length) as $n
    | if $n <= 3 then $t
      else ($t[0:$n - 3] | tonumber | thousands) + "," + $t[$n - 3:] end;
def best: to_entries | map(select(.value.median != null)) | max_by(.value.median)
    | if . == null then null else .value + {of: .key} end;

# A round step so that about five lines make up the axis.
def step($max): ($max / 5) as $raw | pow(10; ($raw | log10 | floor)) as $unit
    | ($raw / $unit) as $n
    | (if $n <= 1 then 1 elif $n <= 2 then 2 elif $n <= 2.5 then 2.5 elif $n <= 5 then 5
       else 10 end) * $unit;
def axis($max): step($max) as $s | ($max / $s | ceil) as $n | {top: ($n * $s),
    at: [range(0; $n + 1) | . * $s]};
def text($x; $y; $class; $what):
    "<text x=\"\($x)\" y=\"\($y)\" class=\"\($class)\">\($what)</text>";
def line($x1; $y1; $x2; $y2; $class):
    "<line x1=\"\($x1)\" y1=\"\($y1)\" x2=\"\($x2)\" y2=\"\($y2)\" class=\"\($class)\"/>";
def rect($x; $y; $w; $h; $class):
    "<rect x=\"\($x)\" y=\"\($y)\" width=\"\($w)\" height=\"\($h)\" class=\"\($class)\"/>";
def at1: . * 10 | round / 10;

. as $f | $f.details as $d
| def clients: if . == null then "" else " (\(.of) clients)" end;
  ($d.pgbench_tpcb_tps | best) as $tpcb | ($d.plain_tps | best) as $plain
| ($d.plain_hot_tps | best) as $plain_hot | ($d.payment_tps | best) as $payment
| [ {name: "pgbench TPC-B\($tpcb | clients)", class: "other", v: $tpcb},
    {name: "plain ledger\($plain | clients)", class: "other", v: $plain},
    {name: "plain ledger, one hot account\($plain_hot | clients)", class: "other",
     v: $plain_hot},
    {name: "whole payment\($payment | clients)", class: "whole", v: $payment},
    {name: "whole payment, one shop (64 clients)", class: "whole", v: $d.payment_hot_tps},
    {name: "ledger alone, batches of 128", class: "a", v: $d.ledger_tps.small.uniform["128"]},
    {name: "ledger alone, one shop takes all", class: "a", v: $d.ledger_tps.small.hot["128"]}
  ] | map(select(.v != null and .v.median != null)) as $bars
| [ {name: "\($f.settings.accounts.small | thousands) accounts, uniform", class: "a",
     v: $d.ledger_tps.small.uniform},
    {name: "\($f.settings.accounts.small | thousands), one shop takes all", class: "b",
     v: $d.ledger_tps.small.hot},
    {name: "\($f.settings.accounts.large | thousands) accounts, uniform", class: "c",
     v: $d.ledger_tps.large.uniform},
    {name: "\($f.settings.accounts.large | thousands), one shop takes all", class: "d",
     v: $d.ledger_tps.large.hot} ] as $series
| ($series[0].v | keys | map(tonumber) | sort) as $batches
| axis([$bars[].v.max] | max) as $x | axis([$series[].v[].max] | max) as $y
| 290 as $left | 480 as $wide | 64 as $top | 30 as $row
| ($top + ($bars | length) * $row) as $bottom
| ($bottom + 108) as $top2 | 230 as $high | ($top2 + $high) as $bottom2
| 70 as $left2 | 750 as $wide2 | ($wide2 / ($batches | length)) as $group
| (($group - 34) / 4) as $bar
| ($bottom2 + 92) as $height
| "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 860 \($height)\" width=\"860\" "
  + "height=\"\($height)\" role=\"img\" aria-label=\"Payments per second\">",
"<style>
text { font: 13px system-ui, \"Helvetica Neue\", Arial, \"DejaVu Sans\", sans-serif; fill: #1f2328 }
.title { font-size: 16px; font-weight: 600 }
.small { font-size: 12px; fill: #57606a }
.tiny { font-size: 10px }
.end { text-anchor: end }
.middle { text-anchor: middle }
.paper { fill: #ffffff }
.grid { stroke: #d0d7de; stroke-width: 1 }
.spread { stroke: #1f2328; stroke-width: 1.5 }
.other { fill: #8c959f } .whole { fill: #1a7f37 }
.a { fill: #0969da } .b { fill: #54aeff } .c { fill: #bc4c00 } .d { fill: #fb8f44 }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3 } .small { fill: #9198a1 } .paper { fill: #0d1117 }
.grid { stroke: #30363d } .spread { stroke: #e6edf3 }
.whole { fill: #3fb950 } .a { fill: #4493f8 } .b { fill: #9ecbff }
.c { fill: #db6d28 } .d { fill: #ffc680 }
}
</style>",
rect(0; 0; 860; $height; "paper"),
text(20; 28; "title"; "Payments or transactions per second"),
text(20; 46; "small"; "median of \($f.settings.repetitions), the line: least to greatest; "
     + "\($f.machine.cores) cores, load generator included, fsync on"),
($x.at[] | ($left + . / $x.top * $wide | at1) as $at
    | line($at; $top; $at; $bottom; "grid"),
      text($at; $bottom + 18; "small middle"; thousands)),
($bars | to_entries[] | ($top + .key * $row) as $at | .value
    | text($left - 10; $at + 19; "end"; .name),
      rect($left; $at + 5; (.v.median / $x.top * $wide | at1); $row - 10; .class),
      line(($left + .v.min / $x.top * $wide | at1); $at + $row / 2;
           ($left + .v.max / $x.top * $wide | at1); $at + $row / 2; "spread"),
      text(($left + .v.max / $x.top * $wide + 8 | at1); $at + 19; "";  (.v.median | thousands))),
text(20; $top2 - 44; "title"; "The ledger alone: payments per second by size of batch"),
($series | to_entries[]
    | ([20, 215, 420, 625][.key]) as $at
    | rect($at; $top2 - 33; 12; 12; .value.class),
      text($at + 18; $top2 - 22; "small"; .value.name)),
($y.at[] | ($bottom2 - . / $y.top * $high | at1) as $at
    | line($left2; $at; $left2 + $wide2; $at; "grid"),
      text($left2 - 8; $at + 4; "small end"; thousands)),
($batches | to_entries[] | .value as $batch | ($left2 + .key * $group + 17) as $from
    | text(($from + 2 * $bar | at1); $bottom2 + 20; "middle"; "\($batch)"),
      ($series | to_entries[] | .value.v["\($batch)"] as $v | select($v.median != null)
        | ($from + .key * $bar) as $at | ($v.median / $y.top * $high) as $tall
        | rect(($at | at1); ($bottom2 - $tall | at1); ($bar - 2 | at1); ($tall | at1);
               .value.class),
          text(($at + $bar / 2 - 1 | at1); ($bottom2 - $tall - 4 | at1); "tiny middle";
               (if $v.median < 1000 then $v.median | round | tostring
                else "\($v.median / 1000 | at1)k" end)))),
text($left2 + $wide2 / 2; $bottom2 + 42; "small middle"; "payments in one commit"),
text(20; $bottom2 + 74; "small"; "\($f.date[0:10]), \($f.machine.cpu), PostgreSQL "
     + "\($f.versions.postgresql | split(" ")[0]), FeeZero \($f.versions.commit)"),
"</svg>"' "$1"
