#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# check.sh <include directory> <directory of frozen dumps>: every version still promised is a prefix of
# the headers as they are now, and what grew since a frozen version has a new minor number.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
abi_include=$1
frozen=$2
source "$here/version.sh"

if [[ -z $(find "$frozen" -name 'v*.abi' 2>/dev/null) ]]; then
  echo "no frozen dump yet"
  exit 0
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$here/dump.sh" "$abi_include" "$work/now"

bad=0
for dump in "$frozen"/v"$abi_major".*.abi; do
  [[ -e $dump ]] || continue
  minor=${dump##*/v"$abi_major".}
  minor=${minor%.abi}
  if ((minor < abi_oldest)); then
    echo "== v$abi_major.$minor: older than what WAX_ABI_MINOR_OLDEST promises, skipped"
    continue
  fi
  echo "== v$abi_major.$minor"
  status=0
  python3 "$here/prefix_check.py" "${dump%.abi}" "$work/now" || status=$?
  if ((status == 3 && minor == abi_minor)); then
    echo "BROKEN: the ABI grew after v$abi_major.$minor was frozen; raise WAX_ABI_MINOR"
    bad=1
  elif ((status != 0 && status != 3)); then
    bad=1
  fi
done
exit $bad
