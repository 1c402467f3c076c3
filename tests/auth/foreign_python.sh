#!/bin/bash
# A foreign client in Python signs 400 requests in many shapes and FeeZero verifies them; then the
# other way round. Needs python3-cryptography.
#
#   foreign_python.sh AUTH_FOREIGN
set -euo pipefail

tool=${1:?the program auth_foreign}
client=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/foreign_client.py
if ! python3 -c 'import cryptography' 2>/dev/null; then
    echo "skipped: there is no python3-cryptography"
    exit 0
fi

cases=$(python3 "$client" cases)
summary=$("$tool" verify <<<"$cases"$'\n') || {
    echo "$summary"
    exit 1
}
echo "$summary" | cut -d' ' -f1 | sort | uniq -c
for slug in ok signature-stale key-unknown digest-mismatch signature-invalid; do
    grep -q "^$slug " <<<"$summary" || {
        echo "no case ended in $slug"
        exit 1
    }
done

check() {
    "$tool" sign "$@" | python3 "$client" check "$@"
}
check PUT /v1/payments/017f22e2-79b0-7cc3-98c4-dc0c0c07398f - '{"amount":1480}'
check GET /v1/history '?before=12&limit=5' -
check GET /v1/balance - -
check POST /v1/intents/x/cancel - '{}'
