// SPDX-License-Identifier: Apache-2.0
// Web::Client: one browser that has the page open, or had it.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "multidevice/crypto/curve25519.hpp"
#include "party.hpp"
#include "web.hpp"

namespace waxwing::simulator {

struct Web::Client {
  std::uint64_t id = 0;
  std::string token;
  md::KeyPair noise;
  md::KeyPair identity;
  md::AdvSecret adv_secret;
  std::vector<std::string> refs;
  std::string code;      // a linking code that the page shows
  std::string code_for;  // and the phone it is for
  Account* account = nullptr;
  std::uint16_t device = 0;
  DeviceKeys keys;
  std::unique_ptr<Party> party;  // while it is linked
  std::deque<nlohmann::json> events;
  std::uint64_t last_event = 0;
  std::uint64_t after = 0;  // of the question that waits
  Reply waiting;
};

}  // namespace waxwing::simulator
