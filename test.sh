#!/bin/bash
# Builds FeeZero and runs its tests; non-zero if anything fails. Nothing outside the checkout is
# touched but the Debian packages it installs (it says which) and a folder under /tmp, removed at
# the end.
#
#   ./test.sh               everything: all tests under AddressSanitizer and UBSan; a build with
#                           clang and clang-tidy; the release build, end to end and through crashes
#   ./test.sh --quick       under three minutes: one build, and none of the long tests
#   ./test.sh --no-install  without a look at the packages
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"
. .ci/lib.sh

quick=0
install=1
for argument in "$@"; do
    case $argument in
    --quick) quick=1 ;;
    --no-install) install=0 ;;
    *)
        sed -n 's/^#   //p' "$0" >&2
        exit 2
        ;;
    esac
done

# run PRESET [CTEST_OPTION...]: ctest, with its closing lines kept for the end.
closing=()
failed=0
run() {
    local preset=$1 log=$FZ_TMP/ctest-$1-${#closing[@]}.log rc=0
    shift
    fz_run_group ctest --preset "$preset" -j "$jobs" --output-log "$log" "$@" || rc=$?
    closing+=("--- $preset $*" "$(sed -n '/tests passed,/,$p' "$log")")
    [ "$rc" = 0 ] || failed=1
}

if [ "$install" = 1 ]; then
    fz_install_packages build run test
fi
fz_make_tmp
jobs=$(nproc)
started=$SECONDS

# Half a minute each, or near it: the longest of what --quick can do without.
long='treasury_(audit|settle)|e2e_(openapi_.*|hostile|webhooks|wallet_timeout)'
long+='|e2e_(kill_while_paying|two_payers)'
long+='|check_(format|checks|pgtmp)|load_(scenarios|conservation)'
long+='|matrix_(pay|refuse|code|crash|load)'
long+='|pos_(example|shop_day)'

fz_build asan
if [ "$quick" = 1 ]; then
    run asan -LE 'crash|slow|lint|mutation' -E "^($long)\$"
else
    run asan -LE 'crash|lint'
    fz_build clang
    run clang -LE 'check|e2e|matrix|crash|slow'
    fz_build release
    run release -LE 'check|slow'
fi

echo
printf '%s\n' "${closing[@]}"
echo "--- $((SECONDS - started)) s"
exit "$failed"
