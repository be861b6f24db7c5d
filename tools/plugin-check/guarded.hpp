// SPDX-License-Identifier: Apache-2.0
// Copies of borrowed arguments that vanish when the call returns.
#pragma once

#include <cstddef>
#include <string_view>

#include <waxwing/abi.h>

namespace waxwing::plugin_check {

// A plugin that keeps a pointer into one and follows it later ends by SIGSEGV, in every build
// (rule WP-7). One thread at a time.
class Guarded {
 public:
  explicit Guarded(std::size_t bytes);
  ~Guarded();  // the memory cannot be touched any more
  Guarded(const Guarded&) = delete;
  Guarded& operator=(const Guarded&) = delete;

  [[nodiscard]] wax_str copy(wax_str text);
  [[nodiscard]] wax_bytes copy(wax_bytes octets);
  // Uninitialised room for `count` objects.
  template <class T>
  [[nodiscard]] T* room(std::size_t count) {
    return static_cast<T*>(take(count * sizeof(T)));
  }

 private:
  void* take(std::size_t bytes);

  char* begin_ = nullptr;
  std::size_t size_ = 0;
  std::size_t used_ = 0;
};

}  // namespace waxwing::plugin_check
