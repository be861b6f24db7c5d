// SPDX-License-Identifier: Apache-2.0
// In the place of the packed files, where the program is built without them.
#include "pages/asset.hpp"

namespace waxwing::pages {

std::span<const Asset> assets() {
  return {};
}

}  // namespace waxwing::pages
