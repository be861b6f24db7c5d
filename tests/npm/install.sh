#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# install.sh <folder>: the npm packages that the lock file pins, unless they are there, and the scripts beside
# them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
mkdir -p "$folder"
cp "$here"/*.[cm]js "$folder"
installed=$folder/node_modules/.installed-lock.json
cmp -s "$here/package-lock.json" "$installed" && exit 0
cp "$here/package.json" "$here/package-lock.json" "$folder"
npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --silent
cp "$here/package-lock.json" "$installed"
