# SPDX-License-Identifier: Apache-2.0
# Sourced: reads the version of the ABI headers into abi_major, abi_minor and abi_oldest.
abi_header=$(cat "${abi_include:?}/waxwing/abi/types.h")
read_version() {
  sed -nE "s/^#define $1 ([0-9]+)$/\1/p" <<<"$abi_header"
}
abi_major=$(read_version WAX_ABI_MAJOR)
abi_minor=$(read_version WAX_ABI_MINOR)
abi_oldest=$(read_version WAX_ABI_MINOR_OLDEST)
: "${abi_major:?}" "${abi_minor:?}" "${abi_oldest:?}"
