#!/bin/bash
# House style that a machine can see: length of functions, files and lines, calls we never make, no
# floating point near money, a header comment in every file, no unfinished notes, no dead source, no
# blob, nothing strange at the top level.
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
. "$here/lib.sh"

FUNCTION_LINES_MAX=70
FILE_LINES_MAX=600
LINE_COLUMNS_MAX=100
BLOB_BYTES_MAX=262144

top_level='.ci .clang-format .clang-tidy .editorconfig .gitignore CHANGELOG.md CMakeLists.txt
    CMakePresets.json CONTRIBUTING.md LICENSE README.md SECURITY.md demo.sh docs include ledger load
    merchant-pos sql switch test.sh tests'
banned='strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atoll|atof|strtok|alloca|system|popen|rand'
banned+='|srand|localtime|gmtime|asctime|ctime|tmpnam|mktemp'

mapfile -t c_files < <(files_named '\.[ch]$')
mapfile -t sources < <(files_named '\.(c|h|sh|py|sql|ts|awk|cmake)$|(^|/)CMakeLists\.txt$')
if [ "${#sources[@]}" = 0 ]; then
    finish 0
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
awk -f "$here/code.awk" "${c_files[@]}" /dev/null >"$work/code"

# report MESSAGE: one finding per line of stdin, "file:line:..." or "file:line".
report() {
    local file line _
    while IFS=: read -r file line _; do
        finding "$file:$line" "$1"
    done
}

# In the house style a `{` alone at the start of a line opens a function and nothing else.
long_functions() {
    awk -v max=$FUNCTION_LINES_MAX '
        /^{$/ { start = FNR }
        /^}/ { if (start && FNR - start + 1 > max) { print FILENAME ":" start }; start = 0 }
    ' "${c_files[@]}" /dev/null
}

long_files() {
    awk -v max=$FILE_LINES_MAX 'FNR == max + 1 { print FILENAME ":" FNR }' "${sources[@]}"
}

headless_files() {
    local file first second
    for file in "${sources[@]}"; do
        { read -r first && read -r second; } <"$file" || true
        [[ $first != '#!'* ]] || first=$second
        case $file in
        *.c | *.h | *.ts) [[ $first == '/*'* ]] || echo "$file:1" ;;
        *.sql) [[ $first == --* || $first == '/*'* ]] || echo "$file:1" ;;
        *.py) [[ $first == '"""'* || $first == '# '* ]] || echo "$file:1" ;;
        *) [[ $first == '# '* ]] || echo "$file:1" ;;
        esac
    done
}

# A .c file that no CMakeLists.txt above it names (or takes by a glob) is built by nobody.
dead_sources() {
    local file folder
    for file in "${c_files[@]}"; do
        [[ $file == *.c ]] || continue
        folder=${file%/*}
        while [ "$folder" != . ] && [ ! -f "$folder/CMakeLists.txt" ]; do
            folder=$(dirname "$folder")
        done
        grep -qsE "(^|[^a-z0-9_])${file##*/}|GLOB.*\*\.c" "$folder/CMakeLists.txt" ||
            echo "$file:1"
    done
}

strangers() {
    all_files | cut -d/ -f1 | sort -u | while read -r name; do
        grep -qwF -e "$name" <<<"${top_level//[[:space:]]/$'\n'}" || echo "$name:1"
    done
}

# code_with PCRE: the lines whose code (not a comment or a text) matches.
code_with() {
    grep -P "$1" "$work/code" || true
}

# notes_left: the words are written apart here, or this file would name itself.
notes_left() {
    all_files | tr '\n' '\0' | xargs -0 grep -HnIE '\b(TO''DO|FIX''ME)\b' || true
}

blobs() {
    all_files | tr '\n' '\0' | xargs -0 -I{} find {} -size "+${BLOB_BYTES_MAX}c" -printf '%p:1\n'
}

lines_with() {
    grep -HnP "$1" "${sources[@]}" || true
}

money='(include|ledger|switch|merchant-pos)'
report "a function of more than $FUNCTION_LINES_MAX lines" < <(long_functions)
report "more than $FILE_LINES_MAX lines" < <(long_files)
report "more than $LINE_COLUMNS_MAX columns" < <(lines_with "^.{$((LINE_COLUMNS_MAX + 1)),}\$")
report "a tab" < <(lines_with '\t')
report "blanks at the end of the line" < <(lines_with '[ \t]+$')
report "a call we never make" < <(code_with "^[^:]+:\d+:.*(?<![\w.>])($banned)\s*\(")
report "floating point near money" < <(code_with "^$money/[^:]+:\d+:.*\b(float|double)\b")
report "no header comment" < <(headless_files)
report "no CMakeLists.txt builds this file" < <(dead_sources)
report "an unfinished note" < <(notes_left)
report "a file of more than $BLOB_BYTES_MAX bytes" < <(blobs)
report "does not belong at the top level" < <(strangers)
finish "${#sources[@]}"
