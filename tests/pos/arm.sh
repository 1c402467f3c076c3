#!/bin/bash
# The till library cross-compiled for 32-bit ARM, and all its unit tests run there by qemu-user:
# another word size, another alignment, char without a sign. Skipped (77) only where there is no
# cross compiler; ./test.sh installs it.
set -euo pipefail
cd "${FZ_SOURCE_DIR:?}"

for program in arm-linux-gnueabihf-gcc qemu-arm-static; do
    if ! command -v "$program" >/dev/null; then
        echo "SKIPPED: no $program here (Debian: .ci/packages.txt)"
        exit 77
    fi
done
work=${FZ_BUILD_DIR:?}/arm
cmake -S tests/pos/arm -B "$work" -G Ninja \
    -DCMAKE_TOOLCHAIN_FILE="$PWD/.ci/arm-linux-gnueabihf.cmake"
cmake --build "$work" -j "$(nproc)"

# What was built must be what is claimed.
arm-linux-gnueabihf-readelf -h "$work/pos_till" >"$work/elf.txt"
grep -q 'Class: *ELF32' "$work/elf.txt"
grep -q 'Machine: *ARM' "$work/elf.txt"
ctest --test-dir "$work" -j "$(nproc)" --output-on-failure --no-tests=error
arm-linux-gnueabihf-size -t "$work/libfeezero-pos.a" |
    awk 'END { print "on ARM: " $1 " bytes of code and constants, " $2 + $3 " of data" }'
