#!/bin/bash
# Every scenario for a moment against a real switch, in a closed loop and in an open one: what the
# report says adds up, what was acknowledged is booked, and the books balance.
. "$(dirname "${BASH_SOURCE[0]}")/town.sh"

begin_load_town --shops 3 --residents 6
conserved='.conservation.ok and .counts.violations == 0 and .counts.unknown == 0'

step=closed
for scenario in uniform zipf hot; do
    load 0 --scenario $scenario --clients 4 --payments 40 --database "$FZ_TEST_DB"
    holds "$conserved and .conservation.checked == \"database\" and .mode == \"closed\""
    holds '.payments == 40 and .steps.pay.count == 40 and .conservation.acknowledged == 40'
    holds '.requests == 40 and (.steps | keys) == ["pay"]' # one payment is one request
    holds '.counts.prepared == 40 and .counts.unused == 0 and (.ran_out | not)'
done

step=hot
expect 'shops that took the payments of "hot"' 1 "$(sql "
    SELECT count(DISTINCT credit) FROM (
        SELECT credit FROM fz.transfer WHERE kind = 2 ORDER BY number DESC LIMIT 40) AS last")"

step=api
load 0 --scenario uniform --clients 3 --payments 30 --presign --seconds 30
holds "$conserved and .conservation.checked == \"api\" and .presigned and .payments == 30"

step=refused
load 0 --scenario refused --clients 2 --payments 20
holds "$conserved and .payments == 0 and .counts.refused == 20 and .counts.expected == 20"
holds '.steps.refused.count == 20'

step=sale
load 0 --scenario sale --clients 3 --payments 20 --database "$FZ_TEST_DB"
holds "$conserved and .payments == 20 and .requests == 60"
holds '[.steps.intent, .steps.pay, .steps.events, .steps.sale] | all(.count == 20)'
holds '.steps.sale.max_ms >= .steps.pay.p50_ms'

step=history
load 0 --scenario history --clients 3 --payments 60 --seed 7
holds "$conserved and .steps.history.count > 0 and .steps.balance.count > 0"
holds '.payments + .steps.history.count + .steps.balance.count + .steps.inquiry.count == 60'

step=p2p
load 0 --scenario p2p --clients 3 --payments 30
holds "$conserved and .steps.p2p.count == 30 and .conservation.checked == \"api\""
load 0 --scenario p2p --clients 3 --payments 30 --database "$FZ_TEST_DB"
holds "$conserved"

step=open
load 0 --scenario uniform --clients 4 --seconds 1 --rate 50 --inquiries 20
holds "$conserved and .mode == \"open\" and .open.offered == 50"
holds '.open.started == .open.offered and .open.done == 50 and .payments == 50'
holds '.inquiries.offered == 20 and .steps.inquiry.count == 20'

# One connection cannot do so much: what was not sent is counted, nothing is left out.
step=flood
load 0 --scenario sale --clients 1 --seconds 1 --rate 5000 --backlog 100 --timeout-ms 5000
holds "$conserved and .open.offered == 5000 and .open.not_sent_backlog > 0"
holds '.open.started + .open.not_sent_backlog + .open.not_sent_late == 5000'
holds '.payments == .open.done and .payments < 2000'

step='ran out'
load 0 --scenario uniform --clients 2 --seconds 30 --prepare 10
holds "$conserved and .ran_out and .payments == 10 and .seconds < 29"

step=usage
load 2 --scenario uniform --replays 10
load 2 --rate 10
load 2 --scenario uniform --backlog 10
load 78 --scenario nosuch

step=books
ask 0 town_fz audit
echo "scenarios done"
