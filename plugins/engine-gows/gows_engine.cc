// SPDX-License-Identifier: Apache-2.0
// Personality and raw events of GOWS. Names and members of events are whatsmeow's (types/events).
#include "gows_engine.hpp"

#include <nlohmann/json.hpp>

namespace gows {
namespace {

using Json = nlohmann::json;

// The defaults of Personality are whatsmeow's.
constexpr md::Personality kPersonality;
const md::NativeEngine::Traits kTraits = {&kPersonality, 2'000, true,
                                          md::content::Dialect::Whatsmeow};

md::DeviceProfile profile_of(const Settings& settings) {
  md::DeviceProfile profile = md::make_profile(settings.device);
  profile.full_sync = settings.full_sync;
  return profile;
}

// Which event a failure is, and the reason's number where it has one.
struct Failure {
  std::string_view reason;
  const char* event;
  int code;
};
constexpr Failure kFailures[] = {
    {"logged_out", "events.LoggedOut", 401},
    {"account_locked", "events.LoggedOut", 403},
    {"account_banned", "events.LoggedOut", 406},
    {"temporary_ban", "events.TemporaryBan", 402},
    {"client_outdated", "events.ClientOutdated", 405},
    {"replaced", "events.StreamReplaced", 0},
    {"passkey_failed", "events.PairPasskeyError", 0},
    {"passkey_expired", "events.PairPasskeyError", 0},
    {"qr_expired", "events.QRTimeout", 0},
};

}  // namespace

GowsEngine::GowsEngine(const wp::Init& init, const Settings& settings)
    : NativeEngine(init, kTraits, settings.native, profile_of(settings)) {}

std::string GowsEngine::info_json(bool connected) const {
  return Json{{"grpc", {{"client", "READY"}, {"stream", "READY"}}},
              {"gows", {{"found", true}, {"connected", connected}}}}
      .dump();
}

void GowsEngine::told_state(md::ClientState state, std::string_view reason, std::string_view text) {
  if (state != md::ClientState::Failed) {
    return;
  }
  for (const Failure& failure : kFailures) {
    if (failure.reason == reason) {
      Json data = Json::object();
      if (failure.code != 0) {
        data["Reason"] = failure.code;
      }
      raw_event(failure.event, data.dump());
      return;
    }
  }
  raw_event("events.ConnectFailure", Json{{"Reason", 0}, {"Message", text}}.dump());
}

void GowsEngine::told_qr(std::string_view text) {
  raw_event("events.QR", Json{{"Codes", {text}}}.dump());
}

void GowsEngine::told_passkey_challenge(std::string_view json) {
  raw_event("events.PairPasskeyRequest", R"({"PublicKey":)" + std::string(json) + "}");
}

void GowsEngine::told_passkey_code(std::string_view code) {
  raw_event("events.PairPasskeyConfirmation", Json{{"Code", code}}.dump());
}

void GowsEngine::told_paired(const md::DeviceRecord& record) {
  raw_event("events.PairSuccess", Json{{"ID", record.pn.to_string()},
                                       {"LID", record.lid.to_string()},
                                       {"BusinessName", record.business_name},
                                       {"Platform", record.platform}}
                                      .dump(-1, ' ', false, Json::error_handler_t::replace));
}

void GowsEngine::told_link(bool up) {
  raw_event(up ? "events.Connected" : "events.Disconnected", "{}");
}

void GowsEngine::told_stanza(const md::Node& stanza) {
  if (stanza.tag() != "ib") {
    return;
  }
  for (const md::Node& child : stanza.children()) {
    const auto number = [&](const char* name) { return child.number(name).value_or(0); };
    if (child.tag() == "offline_preview") {
      raw_event("events.OfflineSyncPreview", Json{{"Total", number("count")},
                                                  {"AppDataChanges", number("appdata")},
                                                  {"Messages", number("message")},
                                                  {"Notifications", number("notification")},
                                                  {"Receipts", number("receipt")}}
                                                 .dump());
    } else if (child.tag() == "offline") {
      raw_event("events.OfflineSyncCompleted", Json{{"Count", number("count")}}.dump());
    }
  }
}

}  // namespace gows

WAX_ENGINE_MODULE(gows::GowsEngine, "waxwing.engine-gows", "0.1.0");
