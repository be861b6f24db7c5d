// SPDX-License-Identifier: Apache-2.0
// Three strengths of assertion. WAX_CHECK always; WAX_DCHECK in debug builds; WAX_BUG logs and goes
// on in release builds, where carrying on hurts less than dying, and aborts in debug builds.
#pragma once

namespace waxwing::detail {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
void bug(const char* what, const char* file, int line);
}  // namespace waxwing::detail

#define WAX_CHECK(condition)                                           \
  do {                                                                 \
    if (!(condition)) {                                                \
      ::waxwing::detail::check_failed(#condition, __FILE__, __LINE__); \
    }                                                                  \
  } while (false)

#ifdef NDEBUG
#define WAX_DCHECK(condition) static_cast<void>(0)
#else
#define WAX_DCHECK(condition) WAX_CHECK(condition)
#endif

#define WAX_BUG(what) ::waxwing::detail::bug(what, __FILE__, __LINE__)
