#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check_install.sh <build directory>: installs into a temporary prefix and looks at what a user gets.
set -euo pipefail

build=$1
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
bad=0

complain() {
  echo "install: $*" >&2
  bad=1
}

cmake --install "$build" --prefix "$prefix" >/dev/null

for path in bin/waxwing include/waxwing/abi.h include/waxwing/plugin.hpp etc/waxwing/waxwing.example.yaml \
  share/doc/waxwing/README.md share/doc/waxwing/LICENSE; do
  [[ -f $prefix/$path ]] || complain "$path is missing"
done
[[ -n $(find "$prefix" -name 'waxwing-plugin-api-config.cmake') ]] || complain "the CMake package is missing"

shopt -s nullglob
plugins=("$prefix"/lib/waxwing/plugins/*.so)
((${#plugins[@]} > 0)) || complain "no plugin is installed"
for plugin in "${plugins[@]}"; do
  exported=$(nm -D --defined-only "$plugin" | awk '$2 != "A" { print $3 }' | sed 's/@.*//')
  [[ $exported == wax_module_v1 ]] || complain "$(basename "$plugin") exports: ${exported//$'\n'/ }"
done

# What the release build promises: position independent, read-only relocations, no executable stack.
for file in "$prefix/bin/waxwing" "${plugins[@]}"; do
  [[ -f $file ]] || continue
  name=$(basename "$file")
  headers=$(readelf -Wlhd "$file")
  grep -q 'Type: *DYN' <<<"$headers" || complain "$name is not position independent"
  grep -q 'GNU_RELRO' <<<"$headers" || complain "$name lacks RELRO"
  grep -Eq 'BIND_NOW|Flags:.* NOW' <<<"$headers" || complain "$name binds lazily"
  grep -q 'GNU_STACK.*RWE' <<<"$headers" && complain "$name has an executable stack"
done

# Nothing of the build tree may be needed: no path to it is left in what runs.
if grep -lF "$(cd "$build" && pwd)" "$prefix/bin/waxwing" "${plugins[@]}" 2>/dev/null; then
  complain "the files above name the build directory"
fi
[[ ! -x $prefix/bin/waxwing ]] || "$prefix/bin/waxwing" --version >/dev/null || complain "waxwing --version fails"

exit $bad
