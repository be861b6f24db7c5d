// SPDX-License-Identifier: Apache-2.0
// What operations ask of their request.
#include "control_call.hpp"

#include <charconv>
#include <limits>

#include "server.hpp"

namespace waxwing::simulator {

using nlohmann::json;

void Call::answer(const json& value, unsigned status) const {
  reply({status, "application/json", value.dump() + "\n"});
}

void Call::fail(unsigned status, std::string_view message) const {
  answer({{"error", message}}, status);
}

std::string Call::text(const char* name) const {
  return body.contains(name) && body[name].is_string() ? body[name].get<std::string>() : "";
}

std::optional<std::uint64_t> Call::number(std::size_t part) const {
  const std::string& text = path[part];
  std::uint64_t number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && stop == text.data() + text.size() ? std::optional(number)
                                                                   : std::nullopt;
}

Account* Call::account() const {
  Account* account = server.world().find_phone(path[0]);
  if (account == nullptr) {
    fail(404, "there is no account " + path[0]);
  }
  return account;
}

std::optional<std::uint16_t> Call::device() const {
  const auto value = number(1);
  return value && *value <= std::numeric_limits<std::uint16_t>::max()
             ? std::optional(static_cast<std::uint16_t>(*value))
             : std::nullopt;
}

std::shared_ptr<Connection> Call::connection() const {
  Account* owner = account();
  if (owner == nullptr) {
    return nullptr;
  }
  const auto number = device();
  Device* named = number ? owner->device(*number) : nullptr;
  auto live = named == nullptr ? nullptr : named->connection.lock();
  if (!live) {
    fail(404, "no such device is connected");
  }
  return live;
}

}  // namespace waxwing::simulator
