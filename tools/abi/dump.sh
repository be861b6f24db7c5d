#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# dump.sh <include directory> <output without suffix>: describes the ABI headers in a form to compare.
# Writes <output>.abi (types, read from debug information by abidw) and <output>.ids (text constants).
set -euo pipefail

include=$1
output=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# One function per struct that takes a pointer to it keeps every struct in the debug information.
{
  echo '#include <waxwing/abi.h>'
  grep -rhoE --include='*.h' '^typedef struct wax_\w+ \{' "$include/waxwing" | sort -u |
    sed -E 's/^typedef struct (wax_\w+) \{$/__attribute__((visibility("default"))) void probe_\1(const \1* p);\nvoid probe_\1(const \1* p) { (void)p; }/'
} >"$work/probe.c"

gcc -std=c11 -g -O0 -fno-eliminate-unused-debug-types -shared -fPIC -fvisibility=hidden \
  -I "$include" "$work/probe.c" -o "$work/probe.so"
abidw --load-all-types --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
  "$work/probe.so" >"$output.abi"
echo '#include <waxwing/abi.h>' | gcc -std=c11 -dM -E -I "$include" -x c - |
  sed -nE 's/^#define (WAX_\w+ ".*")$/\1/p' | sort >"$output.ids"
