#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Installs what the lock file says into the folder <target>, unless it is there.
set -euo pipefail

source=$(dirname "${BASH_SOURCE[0]}")
target=$1
installed=$target/node_modules/.installed-lock.json
cmp -s "$source/package-lock.json" "$installed" && exit 0
mkdir -p "$target"
cp "$source/package.json" "$source/package-lock.json" "$target"
npm ci --prefix "$target" --ignore-scripts --no-audit --no-fund
cp "$source/package-lock.json" "$installed"
