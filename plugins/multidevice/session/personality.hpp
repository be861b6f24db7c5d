// SPDX-License-Identifier: Apache-2.0
// What makes one native engine look unlike the other: version, device, and order of requests.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "multidevice/store/client_version.hpp"

namespace waxwing::multidevice {

// The device as the phone's owner sees it in the list of linked devices.
struct DeviceProfile {
  std::string os = "Linux";
  ClientVersion os_version{0, 1, 0};
  std::uint32_t platform_type = 0;  // DeviceProps.PlatformType
  bool full_sync = false;           // ask for a year of history instead of three months
  std::string client_type = "9";    // in QR codes and with linking codes
  std::string display = "Chrome (Linux)";
};

// Constant for the life of the process, one per engine.
struct Personality {
  bool passive_login = true;
  bool lid_migrated = true;
  std::int32_t login_counter = 1;  // 0: left out

  std::uint32_t first_prekeys = 812;  // of a new device
  std::uint32_t refill_prekeys = 50;
  std::uint32_t min_prekeys = 5;  // fewer at the server: refill
  bool refill_as_new = false;     // first_prekeys whenever the server has none
  bool asks_digest = false;
  bool asks_settings = false;  // props, blocklist and privacy after login
  bool asks_offline_batch = false;
  bool ping_has_child = false;
  bool knows_passkeys = true;
  std::string_view code_nonce{"\0", 1};

  std::uint32_t ping_min_ms = 20'000;
  std::uint32_t ping_max_ms = 30'000;
  std::uint32_t answer_within_ms = 15'000;  // any frame after a ping, or the connection is dead
  std::uint32_t grace_ms = 10'000;          // a loss that is over by then is nobody's business
  std::uint32_t max_attempts = 0;           // connections that fail in a row; 0: no limit
};

}  // namespace waxwing::multidevice
