// SPDX-License-Identifier: Apache-2.0
// Jid's text forms.
#include "multidevice/binary/jid.hpp"

#include <charconv>
#include <cstddef>

namespace waxwing::multidevice {
namespace {

std::optional<std::uint16_t> to_number(std::string_view digits) {
  std::uint16_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, value);
  if (digits.empty() || error != std::errc{} || stop != end) {
    return std::nullopt;
  }
  return value;
}

}  // namespace

Jid Jid::of_server(std::string_view server) {
  Jid jid;
  jid.server = server;
  return jid;
}

Jid Jid::of_user(std::string_view user, std::string_view server, std::uint16_t device) {
  Jid jid;
  jid.user = user;
  jid.server = server;
  jid.device = device;
  return jid;
}

std::optional<Jid> Jid::parse(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || text.find('@', at + 1) != std::string_view::npos) {
    return std::nullopt;
  }
  Jid jid = of_server(text.substr(at + 1));
  std::string_view user = text.substr(0, at);
  if (jid.server.empty()) {
    return std::nullopt;
  }
  if (const std::size_t colon = user.find(':'); colon != std::string_view::npos) {
    const std::optional<std::uint16_t> device = to_number(user.substr(colon + 1));
    if (!device || colon == 0) {
      return std::nullopt;
    }
    jid.device = *device;
    user = user.substr(0, colon);
  }
  if (const std::size_t dot = user.find('.'); dot != std::string_view::npos && jid.is_person()) {
    if (!to_number(user.substr(dot + 1)) || dot == 0) {
      return std::nullopt;
    }
    user = user.substr(0, dot);
  }
  if (jid.server == server::kInterop) {
    const std::size_t dash = user.find('-');
    const std::optional<std::uint16_t> integrator = to_number(user.substr(0, dash));
    if (dash == std::string_view::npos || !integrator) {
      return std::nullopt;
    }
    jid.integrator = *integrator;
    user = user.substr(dash + 1);
  }
  jid.user = user;
  return jid;
}

std::string Jid::to_string() const {
  std::string text;
  text.reserve(user.size() + server.size() + 8);
  if (server == server::kInterop) {
    text.append(std::to_string(integrator)).append("-");
  }
  text.append(user);
  if (device != 0) {
    text.append(":").append(std::to_string(device));
  }
  return text.append("@").append(server);
}

std::string Jid::to_device_string() const {
  return user + ".0:" + std::to_string(device) + "@" + server;
}

bool Jid::is_person() const noexcept {
  return server == server::kUser || server == server::kLid || server == server::kLegacyUser ||
         server == server::kHosted || server == server::kHostedLid;
}

bool Jid::is_lid() const noexcept {
  return server == server::kLid || server == server::kHostedLid;
}

Jid Jid::without_device() const {
  Jid jid = *this;
  jid.device = 0;
  return jid;
}

const Jid& server_jid() {
  static const Jid jid = Jid::of_server(server::kUser);
  return jid;
}

}  // namespace waxwing::multidevice
