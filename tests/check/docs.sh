#!/bin/bash
# Every path that README.md, CHANGELOG.md or a page of docs/ names exists: relative links, and
# `paths` in backticks that start with a folder of the top level (or ./). Globs and {a,b} may be
# used; a token with <...>, $ or ... in it is a pattern, not a path. Nothing in a fenced block is
# looked at.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# exists TOKEN: the file, folder or glob is there (braces expanded).
exists() {
    local token=$1 path
    [[ $token =~ ^[A-Za-z0-9_./{},*?+-]+$ ]] || return 1
    # Nothing but these characters: the eval can only expand braces.
    while read -r path; do
        compgen -G "${path%/}" >/dev/null || return 1
    done < <(eval "set -f; printf '%s\n' $token")
}

# Prints "line token" for each `code span`'s words and each link target outside fenced blocks.
tokens() {
    awk '
        /^[[:blank:]]*(```|~~~)/ { fenced = !fenced; next }
        fenced { next }
        {
            rest = $0
            while (match(rest, /`[^`]+`/)) {
                count = split(substr(rest, RSTART + 1, RLENGTH - 2), words, /[[:blank:]]+/)
                for (i = 1; i <= count; i++) {
                    print NR, "span", words[i]
                }
                rest = substr(rest, RSTART + RLENGTH)
            }
            rest = $0
            while (match(rest, /\]\([^)[:blank:]]+/)) {
                print NR, "link", substr(rest, RSTART + 2, RLENGTH - 2)
                rest = substr(rest, RSTART + RLENGTH)
            }
        }' "$1"
}

check_span() {
    local page=$1 line=$2 token=$3
    token=${token#./}
    token=${token%%[,;:.)]}
    token=${token%%:[0-9]*}
    token=${token%%#*}
    if ! [[ $token =~ ^(include|ledger|switch|merchant-pos|sql|tests|load|docs|\.ci)/ ]] &&
        ! [[ $3 =~ ^\./[a-z]+\.sh$ ]]; then
        return 0
    fi
    case $token in
    *'<'* | *'$'* | *...*) return 0 ;;
    esac
    saw=$((saw + 1))
    exists "$token" || finding "$page:$line" "$token does not exist"
}

check_link() {
    local page=$1 line=$2 token=${3%%#*}
    if [ -z "$token" ] || [[ $token =~ ^[a-z]+: ]]; then
        return 0
    fi
    saw=$((saw + 1))
    [ -e "$(dirname "$page")/$token" ] || finding "$page:$line" "the link to $token leads nowhere"
}

saw=0
[ -f README.md ] || finding README.md:1 "is missing"
for page in $(files_named '^(README|CHANGELOG)\.md$|^(docs|tests|merchant-pos)/.*\.md$'); do
    while read -r line kind token; do
        if [ "$kind" = span ]; then
            check_span "$page" "$line" "$token"
        else
            check_link "$page" "$line" "$token"
        fi
    done < <(tokens "$page")
done
finish "$saw"
