// SPDX-License-Identifier: Apache-2.0
// One request to the control interface, and the operations that it may ask for.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

#include "edge.hpp"

namespace waxwing::simulator {

class Connection;
class Server;
class Web;
struct Account;

using Reply = std::function<void(HttpReply)>;

// On its way through its operation; `path` holds what stood for the {}.
struct Call {
  Server& server;
  Web& web;
  std::vector<std::string> path;
  nlohmann::json body;
  Reply reply;

  void answer(const nlohmann::json& value, unsigned status = 200) const;
  void fail(unsigned status, std::string_view message) const;
  // A member of the body; empty when it is missing or no text.
  [[nodiscard]] std::string text(const char* name) const;
  // A part of the path.
  [[nodiscard]] std::optional<std::uint64_t> number(std::size_t part) const;
  // The number of a device, in /accounts/{}/devices/{}.
  [[nodiscard]] std::optional<std::uint16_t> device() const;

  // What the path names; null when there is none, and that has been answered.
  [[nodiscard]] Account* account() const;
  [[nodiscard]] std::shared_ptr<Connection> connection() const;
};

struct Operation {
  std::string_view method;
  std::string_view path;  // {} stands for one part.
  void (*run)(const Call&);
};

// Each file control_*.cc has one group.
[[nodiscard]] std::span<const Operation> account_operations();
[[nodiscard]] std::span<const Operation> phone_operations();
[[nodiscard]] std::span<const Operation> network_operations();

}  // namespace waxwing::simulator
