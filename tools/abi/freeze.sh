#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Freezes the ABI headers under their present version: writes plugin-api/abi/v<major>.<minor>.{abi,ids}.
# A version is frozen once, at its release; from then on only a newer minor may grow.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
abi_include=$root/plugin-api/include
frozen=$root/plugin-api/abi
source "$root/tools/abi/version.sh"

target=$frozen/v$abi_major.$abi_minor
if [[ -e $target.abi ]]; then
  echo "freeze: v$abi_major.$abi_minor is frozen already; raise WAX_ABI_MINOR first" >&2
  exit 1
fi
"$root/tools/abi/check.sh" "$abi_include" "$frozen"
"$root/tools/abi/dump.sh" "$abi_include" "$target"
echo "wrote $target.abi and $target.ids"
