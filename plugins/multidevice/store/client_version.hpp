// SPDX-License-Identifier: Apache-2.0
// ClientVersion: three numbers that a client says of itself.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waxwing::multidevice {

// "2.3000.1045649367": what a client says it is. Servers refuse those that are too old.
struct ClientVersion {
  std::uint32_t primary = 2;
  std::uint32_t secondary = 3000;
  std::uint32_t tertiary = 1045649367;

  [[nodiscard]] std::string text() const;
  [[nodiscard]] static std::optional<ClientVersion> parse(std::string_view text);
  friend bool operator==(const ClientVersion&, const ClientVersion&) = default;
};

}  // namespace waxwing::multidevice
