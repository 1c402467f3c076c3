# From the raw readings of load/bench.sh to its figures: medians over the repetitions, and the
# least and the greatest beside them.

def median: sort | length as $n
    | if $n == 0 then null
      elif $n % 2 == 1 then .[$n / 2 | floor]
      else (.[$n / 2 - 1] + .[$n / 2]) / 2 end;

def digits($n): if . == null then null else . * pow(10; $n) | round / pow(10; $n) end;

def spread: {median: (median | digits(3)), min: (min | digits(3)), max: (max | digits(3)),
             readings: length};

# readings(filter; value): the values of the readings that pass the filter.
def readings(filter; value): map(select(filter) | value | numbers);

# by(key; filter; value): an object of spreads, one for each value of the key.
def by(key; filter; value):
    map(select(filter)) | group_by(key)
    | map({key: (.[0] | key | tostring), value: (map(value | numbers) | spread)}) | from_entries;

def best: [.[] | .median] | max;

. as $raw
| ($raw | by(.clients; .contender == "tpcb"; .tps)) as $tpcb
| ($raw | by(.clients; .contender == "plain"; .tps)) as $plain
| ($raw | by(.clients; .contender == "plain_hot"; .tps)) as $plain_hot
| (reduce ({accounts: "small", name: "ledger_small"}, {accounts: "large", name: "ledger_large"})
       as $size ({};
   reduce ("uniform", "hot") as $pick (.;
       .[$size.accounts][$pick] = ($raw | by(.batch;
           .contender == $size.name and .pick == $pick and .command == "pay"; .tps))))) as $ledger
| ($raw | by(.clients; .contender == "uniform"; .payments_per_s)) as $payments
| ($payments | best) as $payment_tps
| ($raw | readings(.contender == "overload"; .payments_per_s) | median) as $goodput
| def figure(name; value): $raw | readings(.contender == name; value) | median | digits(3);
  def spread_of(name; value): $raw | readings(.contender == name; value) | spread;
{
    date: $date,
    pgbench_tpcb_tps: ($tpcb | best),
    plain_tps: ($plain | best),
    plain_hot_tps: ($plain_hot | best),
    ledger_tps_128: $ledger.small.uniform["128"].median,
    ledger_hot_tps_128: $ledger.small.hot["128"].median,
    payment_tps: $payment_tps,
    payment_hot_tps: figure("hot"; .payments_per_s),
    payment_p50_ms_1: ($raw | readings(.contender == "uniform" and .clients == 1;
                                       .steps.pay.p50_ms) | median | digits(3)),
    payment_p99_ms_1: ($raw | readings(.contender == "uniform" and .clients == 1;
                                       .steps.pay.p99_ms) | median | digits(3)),
    payment_p99_ms_half: figure("half"; .steps.pay.p99_ms),
    wal_bytes_per_payment: figure("sampled"; .wal_bytes_per_payment),
    switch_rss_mib: figure("memory"; .switch_rss_mib),
    overload_goodput_ratio: (if ($payment_tps // 0) > 0 and $goodput != null
                             then $goodput / $payment_tps else null end | digits(3)),
    details: {
        pgbench_tpcb_tps: $tpcb,
        plain_tps: $plain,
        plain_hot_tps: $plain_hot,
        ledger_tps: $ledger,
        ledger_zipf_tps_128: ($raw | readings(.pick == "zipf"; .tps) | spread),
        ledger_p2p_tps_128: ($raw | readings(.command == "p2p"; .tps) | spread),
        ledger_batch_p50_ms: ($raw | by(.batch; .contender == "ledger_small" and .pick == "uniform"
                                        and .command == "pay"; .batch_p50_ms)),
        ledger_batch_p99_ms: ($raw | by(.batch; .contender == "ledger_small" and .pick == "uniform"
                                        and .command == "pay"; .batch_p99_ms)),
        ledger_wal_bytes_per_payment: ($raw | by(.batch; .contender == "ledger_small"
                                       and .pick == "uniform" and .command == "pay";
                                       .wal_bytes_per_payment)),
        ledger_cpu_us_128: ($raw | readings(.batch == 128 and .contender == "ledger_small"
                            and .pick == "uniform" and .command == "pay";
                            .cpu_us_per_payment) | spread),
        ledger_postgresql_cpu_us_128: ($raw | readings(.batch == 128
                                       and .contender == "ledger_small" and .pick == "uniform"
                                       and .command == "pay"; .backend_cpu_us_per_payment)
                                       | spread),
        payment_tps: $payments,
        payment_p50_ms: ($raw | by(.clients; .contender == "uniform"; .steps.pay.p50_ms)),
        payment_p99_ms: ($raw | by(.clients; .contender == "uniform"; .steps.pay.p99_ms)),
        payment_hot_tps: spread_of("hot"; .payments_per_s),
        payment_signing_tps: spread_of("signing"; .payments_per_s),
        payment_half_p99_ms: spread_of("half"; .steps.pay.p99_ms),
        sale_tps: spread_of("sale"; .payments_per_s),
        sale_p99_ms: spread_of("sale"; .steps.sale.p99_ms),
        workers: {
            payment_tps: {"1": $payments,
                          "2": ($raw | by(.clients; .contender == "uniform_two";
                                          .payments_per_s))},
            payment_p99_ms: {"2": ($raw | by(.clients; .contender == "uniform_two";
                                             .steps.pay.p99_ms))},
            payment_hot_tps: {"1": spread_of("hot"; .payments_per_s),
                              "2": spread_of("hot_two"; .payments_per_s)},
            inquiries_per_s: {"1": spread_of("inquiries"; .requests_per_s),
                              "2": spread_of("inquiries_two"; .requests_per_s)}
        },
        overload: {
            clients: spread_of("overload"; .clients),
            offered_per_s: spread_of("overload"; .open.rate),
            goodput_per_s: spread_of("overload"; .payments_per_s),
            refused_503: spread_of("overload"; .open.refused_503),
            refused_503_with_retry_after: spread_of("overload"; .open.refused_503_retry_after),
            time_to_503_p99_ms: spread_of("overload"; .open.time_to_503.p99_ms),
            inquiries_offered: spread_of("overload"; .inquiries.offered),
            inquiries_done: spread_of("overload"; .inquiries.done),
            inquiry_p99_ms: spread_of("overload"; .steps.inquiry.p99_ms)
        },
        cpu_us_per_payment: {
            switch: spread_of("sampled"; .switch_cpu_us),
            postgresql: spread_of("sampled"; .postgresql_cpu_us),
            load: spread_of("sampled"; .load_cpu_us)
        }
    },
    machine: $machine,
    versions: $versions,
    settings: {postgresql: $settings, seconds: $seconds, repetitions: $reps, quick: ($quick == 1),
               presigned: $presigned, accounts: {$small, $large}, workers: 1},
    took_s: $took_s,
    raw: $raw
}
