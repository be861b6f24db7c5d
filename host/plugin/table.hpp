// SPDX-License-Identifier: Apache-2.0
// Tables and descriptors of either side, brought to this build's size.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace waxwing::plugin_host {

// A copy with every slot that an older side does not have reading as zero. All code behind the
// border tests for null and never does offset arithmetic.
template <class T>
[[nodiscard]] T normalised(const T* from) noexcept {
  static_assert(std::is_trivially_copyable_v<T>);
  T full{};
  if (from != nullptr) {
    std::memcpy(&full, from, std::min<std::size_t>(from->struct_size, sizeof full));
    full.struct_size = sizeof full;
  }
  return full;
}

// Calls `visit` with a normalised copy of each element. The stride is the first element's
// struct_size, so that elements may grow; nothing beyond it is read of any of them.
template <class T, class F>
void for_each_element(const T* first, std::uint32_t count, F&& visit) {
  const auto* at = reinterpret_cast<const unsigned char*>(first);
  for (std::uint32_t i = 0; first != nullptr && i < count; ++i, at += first->struct_size) {
    T element{};
    std::memcpy(&element, at, std::min<std::size_t>(first->struct_size, sizeof element));
    element.struct_size = sizeof element;
    visit(element);
  }
}

}  // namespace waxwing::plugin_host
