#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# without_node.sh <cmake> <source> <directory>: configures with WAXWING_DASHBOARD=OFF where node and npm tell on who calls them.
set -euo pipefail

cmake=$1 source=$2 directory=$3
rm -rf "$directory"
mkdir -p "$directory/bin"
for program in node nodejs npm npx; do
  printf '#!/bin/sh\necho "%s $*" >>"%s/called"\nexit 1\n' "$program" "$directory" >"$directory/bin/$program"
  chmod +x "$directory/bin/$program"
done
PATH=$directory/bin:$PATH "$cmake" -S "$source" -B "$directory/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DWAX_TESTS=OFF \
  -DWAXWING_DASHBOARD=OFF >"$directory/log" 2>&1 || { cat "$directory/log"; exit 1; }
if [[ -e $directory/called ]]; then
  echo "configuring called:" "$(<"$directory/called")"
  exit 1
fi
if grep -n 'host/dashboard' "$directory/build/build.ninja"; then
  echo "the server is built from host/dashboard all the same"
  exit 1
fi
