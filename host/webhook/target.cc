// SPDX-License-Identifier: Apache-2.0
// Webhooks out of configs, their slots, and the arithmetic of their retries.
#include "webhook/target.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <span>

#include "base/ids.hpp"
#include "base/json.hpp"

namespace waxwing::webhook {
namespace {

constexpr double kMaxDelayMs = 7.0 * 24 * 3600 * 1000;

config::Retries retries_of(const Json& webhook) {
  config::Retries out;
  const Json* retries = json::find(webhook, "retries");
  if (retries == nullptr || !retries->is_object()) {
    return out;
  }
  const std::string policy = json::string_or(*retries, "policy", "constant");
  out.policy = policy == "linear"        ? config::RetryPolicy::Linear
               : policy == "exponential" ? config::RetryPolicy::Exponential
                                         : config::RetryPolicy::Constant;
  if (const Json* delay = json::find(*retries, "delaySeconds");
      delay != nullptr && delay->is_number()) {
    out.delay_s = delay->get<double>();
  }
  if (const Json* attempts = json::find(*retries, "attempts");
      attempts != nullptr && attempts->is_number()) {
    out.attempts = static_cast<std::uint32_t>(std::clamp(attempts->get<double>(), 0.0, 1e6));
  }
  return out;
}

// Null for one that is off.
TargetPtr target_of(const Json& webhook) {
  auto target = std::make_shared<Target>();
  target->url = json::string_or(webhook, "url", "");
  std::vector<std::string> names;
  if (const Json* events = json::find(webhook, "events"); events != nullptr && events->is_array()) {
    for (const Json& name : *events) {
      names.push_back(name.get<std::string>());
    }
  }
  if (target->url.empty() || names.empty()) {
    return nullptr;
  }
  target->events = event::Filter(std::move(names));
  if (const Json* hmac = json::find(webhook, "hmac"); hmac != nullptr && hmac->is_object()) {
    target->hmac_key = json::string_or(*hmac, "key", "");
  }
  target->verify_tls = json::bool_or(webhook, "verifyTls", true);
  target->retries = retries_of(webhook);
  if (const Json* headers = json::find(webhook, "customHeaders");
      headers != nullptr && headers->is_array()) {
    for (const Json& header : *headers) {
      target->headers.push_back(
          {json::string_or(header, "name", ""), json::string_or(header, "value", "")});
    }
  }
  return target;
}

Slot fresh_slot() {
  Slot slot = kGlobalSlot;
  while (slot == kGlobalSlot) {
    std::array<std::uint8_t, sizeof(Slot)> octets{};
    random_bytes(octets);
    std::memcpy(&slot, octets.data(), sizeof slot);
  }
  return slot;
}

struct Known {
  Slot slot;
  std::string url;
};

std::vector<Known> read_memory(const std::string& memory) {
  std::vector<Known> known;
  const auto parsed = json::parse(memory);
  if (parsed.has_value() && parsed->is_array()) {
    for (const Json& item : *parsed) {
      if (const Json* slot = json::find(item, "slot");
          slot != nullptr && slot->is_number_unsigned()) {
        known.push_back({slot->get<Slot>(), json::string_or(item, "url", "")});
      }
    }
  }
  return known;
}

}  // namespace

TargetPtr Targets::find(Slot slot) const {
  const auto it = std::find_if(items.begin(), items.end(),
                               [&](const auto& item) { return item.first == slot; });
  return it == items.end() ? nullptr : it->second;
}

TargetPtr global_target(const config::GlobalWebhook& from) {
  if (from.url.empty() || from.events.empty()) {
    return nullptr;
  }
  auto target = std::make_shared<Target>();
  target->url = from.url;
  target->events = event::Filter(from.events);
  target->hmac_key = from.hmac_key;
  target->retries = from.retries;
  target->headers = from.custom_headers;
  target->verify_tls = from.verify_tls;
  return target;
}

Targets assign_slots(const Json& config, std::string& memory) {
  std::vector<Known> known = memory.empty() ? std::vector<Known>() : read_memory(memory);
  Targets targets;
  if (const Json* webhooks = json::find(config, "webhooks");
      webhooks != nullptr && webhooks->is_array()) {
    for (const Json& webhook : *webhooks) {
      if (TargetPtr target = target_of(webhook)) {
        targets.items.emplace_back(kGlobalSlot, std::move(target));  // its slot comes below
      }
    }
  }
  for (auto& [slot, target] : targets.items) {
    const auto same = std::find_if(known.begin(), known.end(),
                                   [&](const Known& k) { return k.url == target->url; });
    if (same != known.end()) {
      slot = same->slot;
      known.erase(same);
    }
  }
  for (auto& [slot, target] : targets.items) {
    if (slot != kGlobalSlot) {
      continue;
    }
    if (known.empty()) {
      slot = fresh_slot();
    } else {
      slot = known.front().slot;
      known.erase(known.begin());
    }
  }
  Json left = Json::array();
  for (const auto& [slot, target] : targets.items) {
    left.push_back({{"slot", slot}, {"url", target->url}});
  }
  memory = left.empty() ? std::string() : json::dump(left);
  return targets;
}

Millis retry_delay(const config::Retries& retries, std::uint32_t n, double random) {
  double delay_ms = retries.delay_s * 1000;
  switch (retries.policy) {
    case config::RetryPolicy::Constant:
      break;
    case config::RetryPolicy::Linear:
      delay_ms *= n;
      break;
    case config::RetryPolicy::Exponential:
      delay_ms *= std::exp2(std::min(n, 60U)) * (1 + 0.2 * random);
      break;
  }
  return Millis(static_cast<std::int64_t>(std::min(delay_ms, kMaxDelayMs)));
}

}  // namespace waxwing::webhook
