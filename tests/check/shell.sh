#!/bin/bash
# Runs shellcheck over every script: *.sh and whatever starts with a shell's #! line.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

mapfile -t scripts < <(
    all_files | while read -r file; do
        read -r first <"$file" 2>/dev/null || true
        if [[ $file == *.sh || ${first:-} =~ ^#!.*[/\ ](ba)?sh ]]; then
            echo "$file"
        fi
    done 2>/dev/null
)
options=(--external-sources --source-path=SCRIPTDIR --format=gcc)
if [ "${#scripts[@]}" -gt 0 ] && ! shellcheck "${options[@]}" "${scripts[@]}"; then
    findings=$((findings + 1))
fi
finish "${#scripts[@]}"
