#!/bin/bash
# Shows that each check of the sources goes red: makes a small sound tree, on which every check is
# green, spoils one thing at a time, and expects the check to name it.
# shellcheck disable=SC2016 # sample texts hold $ and ` on purpose
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/fz.XXXXXX")
trap 'rm -rf "$work"' EXIT
failures=0
cases=0

make_sound_tree() {
    rm -rf "$work/tree"
    mkdir "$work/tree"
    cd "$work/tree"
    mkdir -p include/feezero ledger/{core,store} switch/http merchant-pos/core docs
    cp "$here/../../.clang-format" .
    put include/feezero/amount.h '/* Amounts. */' '#include <stdint.h>' 'typedef int64_t fz_yen;'
    sed -i '1a #ifndef FZ_A_H\n#define FZ_A_H' include/feezero/amount.h
    echo '#endif' >>include/feezero/amount.h
    put include/feezero/ledger.h '/* The ledger. */' 'struct fz_transfer;'
    put ledger/core/decide.h '/* Decides. */' '#include "feezero/amount.h"'
    put ledger/core/decide.c '/* Decides. */' '#include "ledger/core/decide.h"' '' \
        'fz_yen decide(fz_yen a);' '' 'fz_yen decide(fz_yen a)' '{' '    return a;' '}'
    put ledger/core/CMakeLists.txt '# The core.' 'fz_library(fz_core SOURCES decide.c)'
    put ledger/store/pg.c '/* PostgreSQL. */' '#include <libpq-fe.h>' '' \
        '#include "ledger/core/decide.h"'
    put ledger/store/CMakeLists.txt '# The store.' 'fz_library(fz_store SOURCES pg.c)'
    put README.md '# Sample' 'See `ledger/core/decide.c`, `ledger/{core,store}/` and' \
        '[the map](docs/map.md#top); `include/<name>.h` is a pattern.'
    put docs/map.md '# Map' 'Back to [the top](../README.md).'
    put test.sh '#!/bin/bash' '# Tests.' 'echo "$1"'
}

put() {
    local file=$1
    shift
    printf '%s\n' "$@" >"$file"
}

# repeat COUNT LINE
repeat() {
    local i
    for ((i = 0; i < $1; i++)); do
        echo "$2"
    done
}

# expect green|red CHECK [TEXT]: runs the check on the tree; a red one must say TEXT.
expect() {
    local verdict=$1 check=$2 text=${3:-} found=green output
    cases=$((cases + 1))
    output=$("$here/$check.sh" "$work/tree" 2>&1) || found=red
    if [ "$found" != "$verdict" ] || ! grep -qF -e "$text" <<<"$output"; then
        echo "case $cases: $check was $found, should be $verdict and say \"$text\":"
        echo "$output"
        failures=$((failures + 1))
    fi
    [ "$verdict" = green ] || make_sound_tree
}

make_sound_tree
for check in arrows headers docs tidy shell format durability; do
    expect green "$check"
done

# --- arrows
put ledger/core/decide.h '/* D. */' '#include "ledger/store/pg.h"'
: >ledger/store/pg.h
expect red arrows 'ledger/core may not include ledger/store/pg.h'
put ledger/core/decide.h '/* D. */' '# include <libpq-fe.h>'
expect red arrows 'ledger/core is pure and has no use for <libpq-fe.h>'
put ledger/core/decide.h '/* D. */' '#include <time.h>'
expect red arrows 'ledger/core is pure'
put switch/http/server.c '/* S. */' '#include <libpq-fe.h>'
expect red arrows 'switch/http/server.c:2: libpq is not for this file'
put ledger/store/pg.c '/* S. */' '#include <event2/event.h>'
expect red arrows 'libevent is not for this file'
put ledger/store/pg.c '/* S. */' '#include <openssl/sha.h>'
expect red arrows 'openssl is not for this file'
put ledger/store/pg.c '/* S. */' '#include <jansson.h>'
expect red arrows 'jansson is not for this file'
put ledger/store/pg.c '/* S. */' '#include <sqlite3.h>'
expect red arrows 'no rule says who may include <sqlite3.h>'
put ledger/store/pg.c '/* S. */' '#include "decide.h"'
expect red arrows '"decide.h" is no path'
put merchant-pos/core/till.c '/* T. */' '#include "feezero/ledger.h"'
expect red arrows 'merchant-pos/core may not include include/feezero/ledger.h'
put merchant-pos/core/till.c '/* T. */' '#include "ledger/core/decide.h"'
expect red arrows 'merchant-pos/core may not include ledger/core/decide.h'
put include/feezero/amount.h '/* A. */' '#include "ledger/core/decide.h"'
expect red arrows 'include/feezero may not include'
mkdir switch/cache && put switch/cache/c.c '/* C. */' '#include <stdio.h>'
expect red arrows 'switch/cache is no room'
put ledger/store/pg.c '/* S. */' '#include HEADER'
expect red arrows 'neither'
rm -r include ledger
expect red arrows 'nothing to check'

# --- headers
put include/feezero/amount.h '/* A. */' 'extern int64_t fz_amount;'
expect red headers 'does not compile alone with gcc'
put include/feezero/amount.h '/* A. */' 'struct fz_amount { int yen; };'
expect red headers 'does not compile alone with clang'
put include/feezero/amount.h '/* A. */' '#include "ledger/core/decide.h"' 'extern int a;'
put ledger/core/decide.h 'extern int decided;'
expect red headers 'amount.h:1: does not compile alone'

# --- docs
put README.md 'See `ledger/core/decide.c` and `ledger/core/gone.c`.'
expect red docs 'README.md:1: ledger/core/gone.c does not exist'
put README.md 'See `ledger/{core,gone}/`.'
expect red docs 'does not exist'
put README.md 'See `ledger/core/*.cc`.'
expect red docs 'does not exist'
put README.md 'Run `./demo.sh --once`.'
expect red docs 'demo.sh does not exist'
put docs/map.md 'See [it](README.md).'
expect red docs 'docs/map.md:1: the link to README.md leads nowhere'
rm README.md
expect red docs 'README.md:1: is missing'

# --- tidy
put ledger/core/decide.c '/* D. */' 'int f(void)' '{' "$(repeat 68 '    g();')" '}'
expect green tidy
put ledger/core/decide.c '/* D. */' 'int f(void)' '{' "$(repeat 69 '    g();')" '}'
expect red tidy 'ledger/core/decide.c:3: a function of more than 70 lines'
repeat 600 'int a;' >>ledger/core/decide.c
expect red tidy 'more than 600 lines'
printf '/* %0100d */\n' 0 >>ledger/core/decide.c
expect red tidy 'more than 100 columns'
printf '\tint a;\n' >>ledger/core/decide.c
expect red tidy 'a tab'
printf 'int a; \n' >>ledger/core/decide.c
expect red tidy 'blanks at the end'
put ledger/core/decide.c '/* D. */' 'int f(void)' '{' '    return "a" != 0 && atoi("1");' '}'
expect red tidy 'ledger/core/decide.c:4: a call we never make'
put ledger/core/decide.c '/* D. */' '/* a' 'comment */ static double rate;'
expect red tidy 'ledger/core/decide.c:3: floating point'
put ledger/core/decide.c 'int f(void);'
expect red tidy 'no header comment'
put test.sh '#!/bin/bash' 'echo'
expect red tidy 'test.sh:1: no header comment'
put ledger/core/spare.c '/* Spare. */'
expect red tidy 'ledger/core/spare.c:1: no CMakeLists.txt builds this file'
echo "/* TO""DO: more */" >>ledger/core/decide.c
expect red tidy 'an unfinished note'
head -c 300000 /dev/zero >docs/blob.bin
expect red tidy 'docs/blob.bin:1: a file of more than'
put notes.txt 'mine'
expect red tidy 'notes.txt:1: does not belong at the top level'
# What is in a comment or a text is no code.
put ledger/core/decide.c '/* Never atoi(). No double. */' 'const char *f = "system(x) double";' \
    '// gets(x)' 'int ratio_double_check, sprintf_count, my_rand(void);'
expect green tidy
make_sound_tree

# --- shell, format
put test.sh '#!/bin/bash' '# Tests.' 'rm $1'
expect red shell 'SC2086'
put ledger/core/run '#!/bin/bash' '# No extension.' 'rm $1'
expect red shell 'SC2086'
put ledger/core/decide.h '/* D. */' 'int  f (void) ;'
expect red format 'ledger/core/decide.h:2: clang-format would change it'

# --- durability
put test.sh '#!/bin/bash' '# Tests.' 'echo "fsync = off" >>postgresql.conf'
expect red durability 'test.sh:3: turns off what makes a commit durable'
put ledger/store/pg.c '/* S. */' 'const char *options = "-c synchronous_commit=local -c jit=off";'
expect red durability 'ledger/store/pg.c:2: turns off'
put ledger/store/a.sql '-- A.' "ALTER DATABASE town SET synchronous_commit TO 'off';"
expect red durability 'ledger/store/a.sql:2: turns off'
put ledger/store/a.sql '-- A.' "SELECT set_config('synchronous_commit', 'off', true);"
expect red durability 'ledger/store/a.sql:2: turns off'
put docs/map.md '# Map' 'ALTER SYSTEM SET full_page_writes = 0;'
expect red durability 'docs/map.md:2: turns off'
put test.sh '#!/bin/bash' '# Tests.' 'initdb -N -D x'
expect red durability 'test.sh:3: runs PostgreSQL without fsync'
put test.sh '#!/bin/bash' '# Tests.' '"$pgtmp" start "$dir"'
expect red durability 'test.sh:3: makes a test cluster'
put test.sh '#!/bin/bash' '# Tests.' \
    '"$pgtmp" start --durable "$dir" # with synchronous_commit = on'
expect green durability
make_sound_tree

# --- ledger_doc, on the real tables
for spoil in '/PAYMENT, 2,/s/0,/1,/ include/feezero/kinds.def' \
    '/WALLET, 10,/s/, 1,/, 0,/ include/feezero/classes.def' \
    '/NOT_PAID/d docs/ledger.md' \
    '/^| `topup` | `topup` | /s/`WALLET`/`MERCHANT`/ docs/ledger.md' \
    's/`not-yours` `intent-paid` |/`intent-paid` `not-yours` |/ docs/ledger.md' \
    '/^| `expire` | /d docs/ledger.md' \
    's/ `same-account`// docs/ledger.md' \
    '/^| `FROZEN` | /d docs/ledger.md'; do
    cp "$here"/../../include/feezero/*.def include/feezero/
    cp "$here/../../include/feezero/ledger.h" include/feezero/
    cp "$here/../../docs/ledger.md" docs/
    expect green ledger_doc
    sed -i "${spoil% *}" "${spoil##* }"
    expect red ledger_doc 'docs/ledger.md'
done

echo "$cases cases, $failures failed"
exit $((failures > 0))
