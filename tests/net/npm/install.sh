#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# install.sh <folder>: the npm packages of these tests, as package-lock.json pins them, and the server
# beside them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
mkdir -p "$folder"
if ! cmp -s "$here/package-lock.json" "$folder/package-lock.json" || [[ ! -d $folder/node_modules/ws ]]; then
  cp "$here/package.json" "$here/package-lock.json" "$folder/"
  npm ci --prefix "$folder" --no-audit --no-fund --silent
fi
cp "$here/ws_server.mjs" "$folder/"
