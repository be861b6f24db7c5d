// SPDX-License-Identifier: Apache-2.0
// Giving memory back that a container no longer needs.
#pragma once

#include <utility>

namespace waxwing {

// Empties a string or a vector and frees what it had. Assigning `{}` would keep it: that is an
// assignment of an empty list, and of a short string even when it is a temporary one.
template <class Container>
void free_memory(Container& of) {
  Container().swap(of);
}

}  // namespace waxwing
