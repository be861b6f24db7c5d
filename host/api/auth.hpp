// SPDX-License-Identifier: Apache-2.0
// Who may call what.
#pragma once

#include <cstdint>
#include <optional>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"
#include "http/request.hpp"

namespace waxwing::api {

// What a route asks of a key.
enum class Access : std::uint8_t {
  Public,  // no key
  Page,    // HTTP basic authentication, where a password is set
  AnyKey,  // any valid key
  Socket,  // likewise, but who has none is told so on the WebSocket that the handler opens
  Read,    // the others are a scoped key's actions on its session
  Send,
  Control,
  Setting,
  Erase,
  Admin,
};

// Of the header and of the query parameter, whatever the case of its letters.
inline constexpr std::string_view kKeyName = "x-api-key";

// Who a valid key belongs to.
struct Identity {
  bool admin = true;
  std::string session;            // of a key that is no administrator's
  config::ApiKeyActions actions;  // likewise

  // May it see this session at all?
  [[nodiscard]] bool sees(std::string_view name) const { return admin || session == name; }
  [[nodiscard]] bool may(Access access, std::string_view session_name) const;
};

// Immutable, [any-thread]. Comparing takes the same time whatever the key.
class Auth {
 public:
  explicit Auth(const config::Security& security);

  // The key in X-Api-Key or, without that header, in the query; nothing when it is missing or
  // wrong. Everybody is an administrator where the operator switched keys off, or on a path that is
  // excluded.
  [[nodiscard]] std::optional<Identity> identify(const http::Request& request) const;

 private:
  struct Key {
    std::string sha512;  // hex of the key
    Identity identity;
  };

  [[nodiscard]] bool excluded(std::string_view path) const;

  bool open_ = false;
  std::vector<Key> keys_;
  std::vector<std::regex> excluded_;
};

// HTTP basic authentication; true when no password is asked for.
[[nodiscard]] bool basic_auth_ok(const http::Request& request, std::string_view username,
                                 std::string_view password);

}  // namespace waxwing::api
