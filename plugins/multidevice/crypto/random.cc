// SPDX-License-Identifier: Apache-2.0
// Random octets by libsodium, which takes them from getrandom().
#include "multidevice/crypto/random.hpp"

#include <sodium.h>

#include "multidevice/crypto/sodium.hpp"

namespace waxwing::multidevice {

void fill_random(MutableBytes octets) noexcept {
  need_sodium();
  // Of an empty range data() may be null, which C functions may not be given.
  if (!octets.empty()) {
    randombytes_buf(octets.data(), octets.size());
  }
}

Bytes random_bytes(std::size_t size) {
  Bytes out(size);
  fill_random(out);
  return out;
}

std::uint32_t random_below(std::uint32_t bound) noexcept {
  need_sodium();
  return randombytes_uniform(bound);
}

}  // namespace waxwing::multidevice
