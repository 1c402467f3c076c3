#!/bin/bash
# clang-format has nothing to change in any C file. To mend: clang-format -i FILE.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mapfile -t sources < <(files_named '\.[ch]$')
for source in "${sources[@]}"; do
    if ! output=$(clang-format --style=file --dry-run -Werror "$source" 2>&1); then
        place=$(grep -oE ':[0-9]+:' <<<"$output" | head -n 1) || true
        finding "$source${place%:}" "clang-format would change it"
    fi
done
finish "${#sources[@]}"
