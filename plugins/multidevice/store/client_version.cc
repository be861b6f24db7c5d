// SPDX-License-Identifier: Apache-2.0
// Client versions as text.
#include "multidevice/store/client_version.hpp"

#include <charconv>

namespace waxwing::multidevice {

std::string ClientVersion::text() const {
  return std::to_string(primary) + "." + std::to_string(secondary) + "." + std::to_string(tertiary);
}

std::optional<ClientVersion> ClientVersion::parse(std::string_view text) {
  ClientVersion version;
  std::uint32_t* const parts[] = {&version.primary, &version.secondary, &version.tertiary};
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  for (std::size_t i = 0; i < 3; ++i) {
    const auto [next, error] = std::from_chars(at, end, *parts[i]);
    const bool last = i == 2;
    if (error != std::errc() || (last ? next != end : next == end || *next != '.')) {
      return std::nullopt;
    }
    at = last ? next : next + 1;
  }
  return version;
}

}  // namespace waxwing::multidevice
