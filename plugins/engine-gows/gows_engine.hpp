// SPDX-License-Identifier: Apache-2.0
// The engine GOWS: a native client with the manners of whatsmeow.
#pragma once

#include <cstddef>
#include <iterator>
#include <string>
#include <string_view>

#include <waxwing/plugin.hpp>

#include "multidevice/engine/native_engine.hpp"
#include "settings.hpp"

namespace gows {

namespace wp = waxwing::plugin;

inline constexpr wax_op kPasskeyOps[] = {
    wp::op("auth.passkeyChallenge", WAX_OP_ANY_STATE | WAX_OP_READ_ONLY),
    wp::op("auth.passkeyAssert", WAX_OP_ANY_STATE),
    wp::op("auth.passkeyConfirmation", WAX_OP_ANY_STATE | WAX_OP_READ_ONLY),
    wp::op("auth.passkeyConfirm", WAX_OP_ANY_STATE)};

// What all native engines can, and passkeys.
struct GowsOps {
  wax_op ops[std::size(md::kNativeOps) + std::size(kPasskeyOps)];
};
constexpr GowsOps all_ops() {
  GowsOps all{};
  std::size_t at = 0;
  for (const wax_op& op : md::kNativeOps) {
    all.ops[at++] = op;
  }
  for (const wax_op& op : kPasskeyOps) {
    all.ops[at++] = op;
  }
  return all;
}
inline constexpr GowsOps kGowsOps = all_ops();

// One session. [session-loop]
class GowsEngine final : public md::NativeEngine {
 public:
  static constexpr const char* kId = "GOWS";
  static constexpr const char* kName = "GOWS";
  static constexpr const char* kDescription = "WhatsApp's multi-device protocol, natively.";
  static constexpr const char* kLicense = "Apache-2.0";
  static constexpr const char* kConfigSection = "gows";
  static constexpr const char* kConfigSchema = gows::kConfigSchema;
  static constexpr const auto& kEvents = md::kNativeEvents;
  static constexpr const auto& kOps = kGowsOps.ops;

  explicit GowsEngine(const wp::Init& init) : GowsEngine(init, parse_settings(init.config)) {}

 private:
  GowsEngine(const wp::Init& init, const Settings& settings);

  std::string info_json(bool connected) const override;
  void told_state(md::ClientState state, std::string_view reason, std::string_view text) override;
  void told_qr(std::string_view text) override;
  void told_passkey_challenge(std::string_view json) override;
  void told_passkey_code(std::string_view code) override;
  void told_paired(const md::DeviceRecord& record) override;
  void told_link(bool up) override;
  void told_stanza(const md::Node& stanza) override;
};

}  // namespace gows
