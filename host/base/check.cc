// SPDX-License-Identifier: Apache-2.0
// What happens when an assertion fails.
#include "base/check.hpp"

#include <cstdlib>

#include "base/log.hpp"

namespace waxwing::detail {

void check_failed(const char* expression, const char* file, int line) {
  log::error("check.failed", {{"expression", expression}, {"file", file}, {"line", line}});
  log::stop();
  std::abort();
}

void bug(const char* what, const char* file, int line) {
  log::error("bug", {{"what", what}, {"file", file}, {"line", line}});
#ifndef NDEBUG
  log::stop();
  std::abort();
#endif
}

}  // namespace waxwing::detail
