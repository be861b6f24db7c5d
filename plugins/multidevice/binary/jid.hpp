// SPDX-License-Identifier: Apache-2.0
// Jid: the address of a person, a device, a group or a server.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waxwing::multidevice {

// The servers that addresses name.
namespace server {
inline constexpr std::string_view kUser = "s.whatsapp.net";  // A phone number ("PN").
inline constexpr std::string_view kLid = "lid";              // A person without the number ("LID").
inline constexpr std::string_view kGroup = "g.us";
inline constexpr std::string_view kBroadcast = "broadcast";
inline constexpr std::string_view kNewsletter = "newsletter";
inline constexpr std::string_view kLegacyUser = "c.us";  // The older name of kUser.
inline constexpr std::string_view kCall = "call";
inline constexpr std::string_view kBot = "bot";
inline constexpr std::string_view kMessenger = "msgr";
inline constexpr std::string_view kInterop = "interop";
inline constexpr std::string_view kHosted = "hosted";
inline constexpr std::string_view kHostedLid = "hosted.lid";
}  // namespace server

// Text form: user[:device]@server, and integrator-user@interop. Value type, no thread rule.
struct Jid {
  std::string user;  // Empty for a server itself.
  std::string server;
  std::uint16_t device = 0;      // 0 is a person's primary phone.
  std::uint16_t integrator = 0;  // Of interop addresses only.

  [[nodiscard]] static Jid of_server(std::string_view server);
  [[nodiscard]] static Jid of_user(std::string_view user, std::string_view server,
                                   std::uint16_t device = 0);
  // Accepts the older user.agent:device@server too and drops the agent. Nothing when there is no
  // '@', no server, or a device that is no number below 65536.
  [[nodiscard]] static std::optional<Jid> parse(std::string_view text);

  // What parse() reads; "@server" when there is no user.
  [[nodiscard]] std::string to_string() const;
  // "user.0:device@server", the form that hashes of device lists are made of.
  [[nodiscard]] std::string to_device_string() const;

  [[nodiscard]] bool empty() const noexcept { return server.empty(); }
  // Of a person, by number or LID, hosted or not: these have devices.
  [[nodiscard]] bool is_person() const noexcept;
  [[nodiscard]] bool is_lid() const noexcept;
  [[nodiscard]] bool is_group() const noexcept { return server == server::kGroup; }
  // The person without the device.
  [[nodiscard]] Jid without_device() const;

  friend bool operator==(const Jid&, const Jid&) = default;
  friend auto operator<=>(const Jid&, const Jid&) = default;
};

// The server that most stanzas go to: "@s.whatsapp.net".
[[nodiscard]] const Jid& server_jid();

}  // namespace waxwing::multidevice
