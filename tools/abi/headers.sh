#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# headers.sh <include directory>: the ABI headers compile alone and without a warning in every language
# standard a plugin author may use, with each compiler found here, and their structs have no padding.
set -euo pipefail

include=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
warnings=(-Wall -Wextra -Wpedantic -Wshadow -Wundef -Wconversion -Werror -fsyntax-only)
printf '#include <waxwing/abi.h>\nint main(void) { return WAX_OK; }\n' >"$work/use.c"

runs=0
for compiler in gcc clang-14; do
  command -v "$compiler" >/dev/null || continue
  for standard in c11 c17 c2x; do
    "$compiler" -std=$standard "${warnings[@]}" -Wpadded -I "$include" "$work/use.c"
    runs=$((runs + 1))
  done
  for standard in c++11 c++14 c++17 c++20 c++2b; do
    "$compiler" -x c++ -std=$standard "${warnings[@]}" -Wold-style-cast -Wpadded -I "$include" "$work/use.c"
    runs=$((runs + 1))
  done
done
echo "$runs combinations of compiler and standard"
