// SPDX-License-Identifier: Apache-2.0
// The engine WEBJS: WhatsApp Web in a real browser, one for each session.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <waxwing/plugin.hpp>

#include "browser.hpp"
#include "machine.hpp"
#include "page.hpp"
#include "payloads.hpp"
#include "profile.hpp"
#include "settings.hpp"

namespace webjs {

// One session. [session-loop]
class WebjsEngine final : public wp::Engine, private Loop, private Page::Listener {
 public:
  static constexpr const char* kId = "WEBJS";
  static constexpr const char* kName = "WEBJS";
  static constexpr const char* kDescription = "WhatsApp Web in a real Chromium.";
  static constexpr const char* kLicense = "Apache-2.0";
  static constexpr const char* kConfigSection = "webjs";
  static constexpr const char* kConfigSchema = webjs::kConfigSchema;
  static constexpr const char* kEvents[] = {
      "engine.event",          "message",          "message.any",    "message.ack",
      "message.ack.group",     "message.reaction", "message.edited", "message.revoked",
      "message.waiting",       "presence.update",  "group.v2.join",  "group.v2.leave",
      "group.v2.participants", "group.v2.update",  nullptr};
  enum Metric : std::size_t { kStarts, kCrashes, kDropped };
  static constexpr wp::Metric kMetrics[] = {
      {WAX_METRIC_COUNTER, "browser_starts", "browsers", "Browsers that were started"},
      {WAX_METRIC_COUNTER, "browser_crashes", "crashes", "Browsers and pages that crashed or hung"},
      {WAX_METRIC_COUNTER, "events_dropped", "events", "Raw events that nobody had room for"}};
  static constexpr wax_op kOps[] = {
      wp::op("auth.requestCode", WAX_OP_ANY_STATE),
      wp::op("session.screenshot", WAX_OP_ANY_STATE | WAX_OP_READ_ONLY | WAX_OP_DOWNLOADS),
      wp::op("messages.sendText"),
      wp::op("messages.sendLocation"),
      wp::op("messages.sendContactVcard"),
      wp::op("messages.react"),
      wp::op("messages.edit"),
      wp::op("messages.revoke"),
      wp::op("messages.forward"),
      wp::op("messages.sendSeen", WAX_OP_IDEMPOTENT),
      wp::op("messages.newId", WAX_OP_READ_ONLY),
      wp::op("presence.set", WAX_OP_IDEMPOTENT),
      wp::op("presence.get", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
      wp::op("presence.list", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
      wp::op("presence.subscribe", WAX_OP_IDEMPOTENT),
      wp::op("contacts.checkExists", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
      wp::op("groups.create"),
      wp::op("groups.list", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
      wp::op("groups.count", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
      wp::op("groups.refresh", WAX_OP_IDEMPOTENT),
      wp::op("groups.get", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
      wp::op("groups.participants", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
      wp::op("groups.participantsV2", WAX_OP_READ_ONLY | WAX_OP_IDEMPOTENT),
      wp::op("groups.leave", WAX_OP_IDEMPOTENT),
      wp::op("groups.setSubject", WAX_OP_IDEMPOTENT),
      wp::op("groups.setDescription", WAX_OP_IDEMPOTENT),
      wp::op("groups.addParticipants", WAX_OP_IDEMPOTENT),
      wp::op("groups.removeParticipants", WAX_OP_IDEMPOTENT),
      wp::op("groups.promote", WAX_OP_IDEMPOTENT),
      wp::op("groups.demote", WAX_OP_IDEMPOTENT)};

  // Throws when there is no browser, or no script for its page.
  static void probe(const wp::Host& host, std::string_view config);

  explicit WebjsEngine(const wp::Init& init);
  ~WebjsEngine() override;

  void start(wp::Call&& call) override;
  void stop(wp::Call&& call) override;
  void logout(wp::Call&& call) override;
  void invoke(const wp::Request& request, wp::Call&& call) override;
  void resume() override;

 private:
  enum class Phase { Stopped, Starting, Loading, Open, Working, Ending };
  // What was found on the blocking pool.
  struct Prepared {
    std::string reason;  // why not, as in docs/reasons.md; empty: all is there
    std::string text;
    std::shared_ptr<Profile> profile;
    std::shared_ptr<const Kit> kit;
    std::string html;
  };
  struct Proxy {
    std::uint64_t lease = 0;
    std::string address;  // "http://host:port"; empty: direct
    std::string username;
    std::string password;
  };

  // The way to a page: webjs_engine.cc
  void begin();
  void take_turn();
  void find_proxy();
  void prepare();
  void launch();
  void on_ended(const Ending& ending, const std::string& said);
  void restart(std::string_view reason, std::string_view text);
  void give_up(std::string_view reason, std::string_view text);
  void heartbeat();
  void end_with(wp::Call&& call);
  void finish_end();
  [[nodiscard]] static Prepared look(const wp::Host& host, wax_session* session,
                                     const Settings& settings, std::shared_ptr<Profile> profile);

  // What the page says: webjs_events.cc
  void on_told(const std::string& event, const Json& data) override;
  void on_page_failed(const std::string& reason, const std::string& text) override;
  void on_page_crashed() override;
  void on_proxy_challenge(bool refused) override;
  void serve(const Page::PageRequest& request) override;
  void on_loaded(const Json& data);
  void on_idle();
  void on_ready(const Json& data);
  void on_state(const std::string& web_state);
  void on_disconnected(const Json& data);
  void show_me(const Json& data);
  void show_info();
  void raw_event(std::string_view name, const Json& data);
  void keep_version();

  // Operations: webjs_operations.cc
  void request_code(const wp::Request& request, wp::Call&& call);
  void screenshot(wp::Call&& call);

  // Messages and presence: webjs_messages.cc
  void run_operation(const wp::Request& request, wp::Call&& call);
  void on_news(const std::string& event, const Json& data);
  void tell(News news);

  // Loop
  wp::ScopedWatch watch_fd(int fd, std::uint32_t interest,
                           std::function<void(std::uint32_t)> fn) override;
  wp::Timer run_after(std::uint32_t delay_ms, std::function<void()> fn) override;
  std::int64_t now_ms() override;

  const Settings settings_;
  Phase phase_ = Phase::Stopped;
  std::unique_ptr<StartTurn> turn_;
  std::shared_ptr<Profile> profile_;
  std::shared_ptr<const Kit> kit_;
  std::string html_;
  Proxy proxy_;
  std::unique_ptr<Browser> browser_;
  std::unique_ptr<Page> page_;

  bool unlinked_ = false;      // the profile is to be erased at the end
  bool restarting_ = false;    // another browser follows this one
  bool gave_up_ = false;       // FAILED was told
  bool reloading_ = false;     // the page crashed and is on its way back
  std::uint32_t crashes_ = 0;  // in a row
  std::int64_t crashed_ms_ = 0;
  std::uint32_t qr_rounds_ = 0;
  bool qr_shown_ = false;
  std::string web_version_;
  std::string web_state_;
  std::string limited_;  // parts that the page has not, a JSON array; empty: none
  wp::ScopedTimer retry_;
  wp::ScopedTimer heartbeat_;
  wp::ScopedTimer bad_state_;
  std::optional<wp::Call> ending_;
  std::deque<News> untold_;  // for which the host had no room yet
};

}  // namespace webjs
