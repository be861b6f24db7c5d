#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# install.sh FOLDER SHA256: puts the pinned wa-js and its licence into FOLDER, unless it is there. Without npm or
# a network it says so and ends well: the engine tells at run time what is missing.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=$1
sha256=$2
script=$folder/wppconnect-wa.js
is_there() { [[ -f $1 ]] && sha256sum --check --status <<<"$sha256  $1"; }
is_there "$script" && exit 0

give_up() {
  echo "webjs-library: $1. WEBJS will not run; build the target webjs-library again." >&2
  exit 0
}
command -v npm >/dev/null || give_up "npm is missing"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$here/package.json" "$here/package-lock.json" "$work"
npm ci --prefix "$work" --ignore-scripts --no-audit --no-fund --silent || give_up "npm could not install wa-js"
package=$work/node_modules/@wppconnect/wa-js
is_there "$package/dist/wppconnect-wa.js" || give_up "npm's wa-js is not the one that is pinned"
mkdir -p "$folder"
cp "$package/LICENSE" "$folder/LICENSE.wa-js"
cp "$package/dist/wppconnect-wa.js.LICENSE.txt" "$folder"
cp "$package/dist/wppconnect-wa.js" "$script.tmp" && mv "$script.tmp" "$script"
