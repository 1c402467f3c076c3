# What the checks of the sources share. Each check is `NAME.sh [ROOT]`: it reads the tree at ROOT
# (the checkout unless told), prints a line `file:line: what is wrong` per finding, and exits 1 if
# there is any.
# shellcheck shell=bash
set -euo pipefail
export LC_ALL=C.UTF-8

root=$(realpath "${1:-$(dirname "${BASH_SOURCE[0]}")/../..}")
cd "$root"
findings=0

# finding WHERE WHAT
finding() {
    echo "$1: $2"
    findings=$((findings + 1))
}

# Prints every file of the project, relative to the root, in order: all but what .gitignore names.
all_files() {
    find . \( -path ./.git -o -path ./build -o -path ./var -o -name node_modules \
        -o -name __pycache__ -o -path ./.cache \) -prune -o -type f ! -name '*.swp' -print |
        sed 's|^\./||' | sort
}

# files_named EXTENDED_REGEX: those whose path matches.
files_named() {
    all_files | grep -E "$1" || true
}

# finish SAW: ends the check. SAW is how many things it looked at: seeing nothing proves nothing.
finish() {
    local saw=$1
    if [ "$saw" = 0 ]; then
        echo "nothing to check in $root"
        exit 1
    fi
    [ "$findings" = 0 ] || echo "$findings finding(s)"
    exit $((findings > 0))
}
