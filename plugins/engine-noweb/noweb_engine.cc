// SPDX-License-Identifier: Apache-2.0
// Personality and raw events of NOWEB. Names and members of events are Baileys'
// (connection.update).
#include "noweb_engine.hpp"

#include <nlohmann/json.hpp>

namespace noweb {
namespace {

using Json = nlohmann::json;

constexpr md::Personality make_personality() {
  md::Personality p;
  p.lid_migrated = false;
  p.login_counter = 0;
  p.refill_prekeys = 5;
  p.refill_as_new = true;
  p.asks_digest = true;
  p.asks_settings = true;
  p.asks_offline_batch = true;
  p.ping_has_child = true;
  p.knows_passkeys = false;
  p.code_nonce = "0";
  p.ping_min_ms = 30'000;
  p.ping_max_ms = 30'000;
  p.max_attempts = 60;
  return p;
}
constexpr md::Personality kPersonality = make_personality();
const md::NativeEngine::Traits kTraits = {&kPersonality, 10'000, false,
                                          md::content::Dialect::Baileys};

md::DeviceProfile profile_of(const Settings& settings) {
  md::DeviceProfile profile = md::make_profile(settings.device);
  profile.os_version = {10, 15, 7};
  profile.full_sync = settings.full_sync;
  return profile;
}

// DisconnectReason of a failure.
int status_code(std::string_view reason) {
  constexpr std::pair<std::string_view, int> kCodes[] = {
      {"logged_out", 401},         {"account_locked", 403},  {"account_banned", 403},
      {"temporary_ban", 402},      {"client_outdated", 405}, {"multidevice_mismatch", 411},
      {"replaced", 440},           {"qr_expired", 408},      {"connection_dead", 408},
      {"server_unavailable", 503}, {"restart_required", 515}};
  for (const auto& [name, code] : kCodes) {
    if (name == reason) {
      return code;
    }
  }
  return 428;
}

Json closed(std::string_view reason, std::string_view text) {
  return {{"connection", "close"},
          {"lastDisconnect",
           {{"error", {{"message", text}, {"output", {{"statusCode", status_code(reason)}}}}}}}};
}

}  // namespace

NowebEngine::NowebEngine(const wp::Init& init, const Settings& settings)
    : NativeEngine(init, kTraits, settings.native, profile_of(settings)),
      mark_online_(settings.mark_online) {}

std::string NowebEngine::info_json(bool connected) const {
  return Json{{"connected", connected}}.dump();
}

void NowebEngine::told_state(md::ClientState state, std::string_view reason,
                             std::string_view text) {
  Json data;
  if (state == md::ClientState::Failed || !reason.empty()) {
    data = closed(reason, text);
  } else if (state == md::ClientState::Starting) {
    data = {{"connection", "connecting"}, {"receivedPendingNotifications", false}};
  } else if (state == md::ClientState::Working) {
    data = {{"connection", "open"}};
  } else {
    return;
  }
  raw_event("connection.update", data.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void NowebEngine::told_qr(std::string_view text) {
  raw_event("connection.update", Json{{"qr", text}}.dump());
}

void NowebEngine::told_paired(const md::DeviceRecord&) {
  raw_event("connection.update", R"({"isNewLogin":true})");
}

void NowebEngine::told_link(bool up) {
  presence(up && mark_online_);
  if (up && mark_online_) {
    post([this] {
      if (messenger() != nullptr) {
        messenger()->set_available(true);
      }
    });
  }
}

void NowebEngine::told_stanza(const md::Node& stanza) {
  if (stanza.tag() == "ib" && stanza.child("offline") != nullptr) {
    raw_event("connection.update", R"({"receivedPendingNotifications":true})");
  }
}

}  // namespace noweb

WAX_ENGINE_MODULE(noweb::NowebEngine, "waxwing.engine-noweb", "0.1.0");
