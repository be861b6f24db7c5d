// SPDX-License-Identifier: Apache-2.0
// One webhook as it is configured: of a session, or the one of the server.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/json_fwd.hpp"
#include "config/config.hpp"
#include "event/filter.hpp"

namespace waxwing::webhook {

struct Target {
  std::string url;
  event::Filter events;
  std::string hmac_key;  // secret; empty = not signed
  config::Retries retries;
  std::vector<config::CustomHeader> headers;
  bool verify_tls = true;
};
using TargetPtr = std::shared_ptr<const Target>;

// A webhook's place in its session: stays the same when its settings change, so that what waits
// for it follows. 0 is the server's own webhook; others are random and never used again.
using Slot = std::uint32_t;
inline constexpr Slot kGlobalSlot = 0;

struct Targets {
  std::vector<std::pair<Slot, TargetPtr>> items;

  [[nodiscard]] TargetPtr find(Slot slot) const;
};

// Null when it is off: without url or events.
[[nodiscard]] TargetPtr global_target(const config::GlobalWebhook& from);

// The webhooks of a session's config, each in its slot. `memory` is what an earlier call left
// ("" = nothing): a webhook keeps its slot as long as its url stays; a new url takes over, in
// order, the slots whose urls went. What is left there for the next call replaces `memory`.
[[nodiscard]] Targets assign_slots(const Json& config, std::string& memory);

// How long to wait before retry `n` (1 = the first). `random` in [0, 1) spreads the exponential
// policy by up to 20 % (contract 3.1). At most a week.
[[nodiscard]] Millis retry_delay(const config::Retries& retries, std::uint32_t n, double random);

}  // namespace waxwing::webhook
