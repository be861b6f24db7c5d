// SPDX-License-Identifier: Apache-2.0
// The engine NOWEB: a native client with the manners of Baileys.
#pragma once

#include <string>
#include <string_view>

#include <waxwing/plugin.hpp>

#include "multidevice/engine/native_engine.hpp"
#include "settings.hpp"

namespace noweb {

namespace wp = waxwing::plugin;

// One session. [session-loop]
class NowebEngine final : public md::NativeEngine {
 public:
  static constexpr const char* kId = "NOWEB";
  static constexpr const char* kName = "NOWEB";
  static constexpr const char* kDescription = "WhatsApp's multi-device protocol, natively.";
  static constexpr const char* kLicense = "Apache-2.0";
  static constexpr const char* kConfigSection = "noweb";
  static constexpr const char* kConfigSchema = noweb::kConfigSchema;
  static constexpr const auto& kEvents = md::kNativeEvents;
  static constexpr const auto& kOps = md::kNativeOps;

  explicit NowebEngine(const wp::Init& init)
      : NowebEngine(init, parse_settings(init.config, init.session_config)) {}

 private:
  NowebEngine(const wp::Init& init, const Settings& settings);

  std::string info_json(bool connected) const override;
  void told_state(md::ClientState state, std::string_view reason, std::string_view text) override;
  void told_qr(std::string_view text) override;
  void told_paired(const md::DeviceRecord& record) override;
  void told_link(bool up) override;
  void told_stanza(const md::Node& stanza) override;

  bool mark_online_;
};

}  // namespace noweb
