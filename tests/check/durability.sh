#!/bin/bash
# Nothing of the project turns fsync, full_page_writes or synchronous_commit off, in whatever
# language: C, SQL, shell, configuration, examples in the documents. Test clusters may, and they are
# made in one place (pgtmp.sh); what is no test must ask it for a durable one. What tests do to show
# that we hold against such settings is named here.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"

setting='(fsync|full_page_writes|synchronous_commit)'
joined="['\"]?[[:space:]]*(=|:|,|[[:space:]]to[[:space:]]|[[:space:]])[[:space:]]*"
weak="(off|false|no|0|local|remote_write)"
allowed='tests/support/pgtmp.sh tests/store/pg_test.c tests/e2e/durability.sh
    tests/crash/pg_proxy.py tests/check/durability.sh tests/check/checks_selftest.sh'

seen=' '

is_allowed() {
    [[ " ${allowed//$'\n'/ } " == *" $1 "* ]]
}

mapfile -t files < <(all_files)
while IFS=: read -r file line _; do
    is_allowed "$file" || finding "$file:$line" 'turns off what makes a commit durable'
done < <(grep -HniIE "$setting${joined}['\"]?$weak(['\";,)[:space:]]|$)" "${files[@]}" /dev/null ||
    true)

# initdb and postgres have switches of their own for it.
while IFS=: read -r file line text; do
    is_allowed "$file" || finding "$file:$line" "runs PostgreSQL without fsync"
done < <(grep -HnIE '(postgres|pg_ctl|initdb).* (-F|-N|--no-sync)([[:space:]]|$)' \
    "${files[@]}" /dev/null || true)

# Who makes a cluster outside the tests wants one that lasts: said where it is made, which is the
# first start in a file.
while IFS=: read -r file line text; do
    [[ $file == tests/* || $text == *--durable* || $seen == *" $file "* ]] ||
        finding "$file:$line" 'makes a test cluster, and is no test'
    seen+="$file "
done < <(grep -HnIE 'pgtmp(\.sh)?"? +start' "${files[@]}" /dev/null || true)

finish "${#files[@]}"
