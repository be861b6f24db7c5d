// SPDX-License-Identifier: Apache-2.0
// libsodium chooses its code for this processor once, before anything of it is used.
#pragma once

#include <sodium.h>

#include <cstdlib>

namespace waxwing::multidevice {

// [any-thread]
inline void need_sodium() noexcept {
  static const int ready = sodium_init();
  if (ready < 0) {
    std::abort();
  }
}

}  // namespace waxwing::multidevice
