#!/bin/bash
# Breaks the rules of ledger/core on purpose, one by one, and asks the tests whether they notice.
#   run.sh [--list] [--only N] [--sample N] [--range A-B] [--jobs N]
# Needs a compiler and the test packages, no build folder; works in a folder of its own under /tmp.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
exec /usr/bin/python3 -B "$here/mutate.py" "$@"
