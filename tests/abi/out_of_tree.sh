#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# out_of_tree.sh <source tree>: installs the plugin package alone, takes the files out of
# docs/plugins/overview.md, builds them as somebody outside would, and runs the page's test.
set -euo pipefail

root=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake -S "$root/plugin-api" -B "$work/api" >/dev/null
cmake --install "$work/api" --prefix "$work/prefix" >/dev/null

mkdir "$work/parrot"
awk -v dir="$work/parrot" '
  /^<!-- file: / { file = dir "/" $3; next }
  /^```/ { if (writing) { writing = 0; file = "" } else if (file != "") { writing = 1 }; next }
  writing { print > file }' "$root/docs/plugins/overview.md"
cat >>"$work/parrot/CMakeLists.txt" <<'CMAKE'
add_executable(parrot_test parrot_test.cc parrot.cc)
target_link_libraries(parrot_test PRIVATE waxwing::plugin_sdk)
add_test(NAME parrot_test COMMAND parrot_test)
CMAKE

cmake -S "$work/parrot" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" -DCMAKE_BUILD_TYPE=Debug \
  -DCMAKE_CXX_FLAGS="-std=c++17 -Wall -Wextra -Wpedantic -Werror" >/dev/null
cmake --build "$work/build" >/dev/null
"$work/build/parrot_test"

symbols=$(nm -D --defined-only "$work/build/parrot.so" | awk '{print $3}')
if [[ $symbols != wax_module_v1 ]]; then
  echo "parrot.so exports: $symbols" >&2
  exit 1
fi
# Another minor of a 0.x ABI is another interface: the package must not pass for it.
sed -i -E 's/(find_package\(waxwing-plugin-api) [0-9.]+/\1 0.0/' "$work/parrot/CMakeLists.txt"
if cmake -S "$work/parrot" -B "$work/other" -DCMAKE_PREFIX_PATH="$work/prefix" >/dev/null 2>&1; then
  echo "the package passes for ABI 0.0" >&2
  exit 1
fi
