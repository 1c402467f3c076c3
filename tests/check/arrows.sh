#!/bin/bash
# The arrows of docs/architecture.md over every #include line: which room may include which, and
# which room may use which library. What is not in the tables below is refused.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# The ledger's and the till's own headers are in include/feezero, but not everybody's business.
ledger_api='include/feezero/ledger.h include/feezero/store.h include/feezero/classes.def
            include/feezero/kinds.def include/feezero/commands.def'
pos_api='include/feezero/pos.h'

# room -> what it may include beside itself and the rest of include/feezero
declare -A may_include=(
    [include/feezero]=''
    [include/src]=''
    [merchant-pos/wire]=''
    [ledger/core]="$ledger_api merchant-pos/wire"
    [ledger/store]="$ledger_api merchant-pos/wire ledger/core"
    [switch/auth]="$ledger_api merchant-pos/wire"
    [switch/http]='merchant-pos/wire ledger/store/loop.h'
    [switch/engine]="$ledger_api merchant-pos/wire ledger/core ledger/store switch/http"
    [switch/api]="$ledger_api merchant-pos/wire ledger/core ledger/store switch/auth switch/http
                  switch/engine"
    [switch/courier]="$ledger_api merchant-pos/wire ledger/core ledger/store switch/http
                      switch/api"
    [switch]="$ledger_api merchant-pos/wire ledger/core ledger/store switch/auth switch/http
              switch/engine switch/api switch/courier"
    [switch/treasury]="$ledger_api merchant-pos/wire ledger/core ledger/store switch/auth
                       switch/http/config.h"
    [switch/city]="$ledger_api merchant-pos/wire ledger/core ledger/store switch/auth
                   switch/http/config.h"
    [merchant-pos/core]="$pos_api merchant-pos/wire"
    [merchant-pos/posix]="$pos_api merchant-pos/wire merchant-pos/core"
    [merchant-pos/examples]="$pos_api merchant-pos/posix/machine.h"
    [load]="$ledger_api $pos_api merchant-pos/wire merchant-pos/core ledger/core ledger/store
            switch/auth"
)

# Headers of a library (an extended regular expression) and the files that may include them (globs),
# the library's name again at the start of each line. load/ and tests/ are tools and may use any.
libraries='
libpq       ^(libpq-fe|libpq-events|postgres_ext)\.h$|^libpq/  ledger/store/*
libevent    ^event2/|^(event|evhttp|evutil)\.h$   switch/main.c switch/http/* switch/engine/*
openssl     ^openssl/                             include/src/crypto* include/src/p256.c
openssl     ^openssl/                             include/src/key_file.c switch/http/tls.c
jansson     ^jansson\.h$                          switch/api/* switch/treasury/* switch/city/*
jansson     ^jansson\.h$                          merchant-pos/core/* merchant-pos/posix/*
inih        ^ini\.h$                              switch/http/config.c merchant-pos/posix/*
libcurl     ^curl/                                merchant-pos/posix/* switch/courier/*
libqrencode ^qrencode\.h$                         merchant-pos/posix/*
libpng      ^png\.h$                              merchant-pos/posix/*
zbar        ^zbar\.h$                             merchant-pos/posix/*
'
# C17, POSIX and the few of Linux.
system='^(assert|complex|ctype|dirent|endian|errno|fcntl|float|getopt|grp|iconv|inttypes|iso646'
system+='|libgen|limits|locale|math|net/if|netdb|poll|pthread|pwd|sched|setjmp|signal|spawn'
system+='|stdalign|stdarg|stdatomic|stdbool|stddef|stdint|stdio|stdlib|stdnoreturn|string|strings'
system+='|syslog|termios|time|unistd|wchar|((arpa|netinet|sys)/[a-z_]+))\.h$'
# A pure room has no clock, no I/O and no heap, so it needs no more than this.
pure_rooms='ledger/core merchant-pos/wire'
pure='^(inttypes|limits|stdalign|stdbool|stddef|stdint|string)\.h$'

contains() {
    local word
    for word in $1; do
        [ "$word" != "$2" ] || return 0
    done
    return 1
}

# Sets `room` to the room of a path.
find_room() {
    case $1 in
    tests/*) room=tests ;;
    load/*) room=load ;;
    */*) room=${1%/*} ;;
    *) room=$1 ;;
    esac
}

check_library() {
    local file=$1 place=$2 header=$3 owner='' name pattern places glob
    while read -r name pattern places; do
        if [ -z "$name" ] || ! [[ $header =~ $pattern ]]; then
            continue
        fi
        set -f
        for glob in $places; do
            # shellcheck disable=SC2053 # a glob on purpose
            if [[ $file == $glob ]]; then
                set +f
                return
            fi
        done
        set +f
        owner=$name
    done <<<"$libraries"
    if [ -n "$owner" ]; then
        finding "$place" "$owner is not for this file (<$header>)"
    elif ! [[ $header =~ $system ]]; then
        finding "$place" "no rule says who may include <$header>"
    fi
}

check_quoted() {
    local place=$1 header=$2 path
    if [ -f "include/$header" ]; then
        path=include/$header
    elif [ -f "$header" ]; then
        path=$header
    else
        finding "$place" "\"$header\" is no path from the top of the checkout or include/"
        return
    fi
    local from=$room target
    find_room "$path"
    target=$room
    if [ "$from" = "$target" ] || contains "${may_include[$from]}" "$path" ||
        contains "${may_include[$from]}" "$target"; then
        return
    fi
    if [ "$target" = include/feezero ] && ! contains "$ledger_api $pos_api" "$path"; then
        return
    fi
    finding "$place" "$from may not include $path"
}

check_line() {
    local file=$1 line=$2 text=$3 room place=$1:$2
    find_room "$file"
    [ "$room" != tests ] || return 0
    if [ -z "${may_include[$room]+known}" ]; then
        finding "$place" "$room is no room: name it and its arrows in tests/check/arrows.sh"
    elif [[ $text =~ ^[[:blank:]]*#[[:blank:]]*include[[:blank:]]*\"([^\"]+)\" ]]; then
        check_quoted "$place" "${BASH_REMATCH[1]}"
    elif [[ $text =~ ^[[:blank:]]*#[[:blank:]]*include[[:blank:]]*\<([^\>]+)\> ]]; then
        local header=${BASH_REMATCH[1]}
        if contains "$pure_rooms" "$room" && ! [[ $header =~ $pure ]]; then
            finding "$place" "$room is pure and has no use for <$header>"
        elif [ "$room" != load ]; then
            check_library "$file" "$place" "$header"
        fi
    else
        finding "$place" "an #include that is neither \"...\" nor <...>"
    fi
}

saw=0
mapfile -t sources < <(files_named '\.(c|h|def)$')
while IFS=: read -r file line text; do
    saw=$((saw + 1))
    check_line "$file" "$line" "$text"
done < <(grep -HnE '^[[:blank:]]*#[[:blank:]]*include' "${sources[@]}" /dev/null)
finish "$saw"
