// SPDX-License-Identifier: Apache-2.0
// wax.host.session/1.
#include <memory>
#include <optional>

#include "plugin/abi_events.hpp"
#include "plugin/engine_session.hpp"
#include "plugin/host_tables.hpp"
#include "plugin/services.hpp"
#include "plugin/table.hpp"

namespace waxwing::plugin_host {
namespace {

// Runs `tell` on the session's loop; a session that is gone is counted.
template <class F>
void tell_session(const wax_host* host, wax_session* token, F tell) {
  if (const auto session = live_session(host, token, "wax.host.session")) {
    session->from_engine(std::move(tell));
  }
}

void set_state(const wax_host* host, wax_session* session,
               const wax_state_change* change) noexcept {
  const wax_state_change raw = normalised(change);
  StateChange to{raw.state, std::string(view(raw.reason)), std::string(view(raw.text)),
                 std::string(view(raw.data_json))};
  tell_session(host, session,
               [to = std::move(to)](EngineSink& sink) mutable { sink.on_state(std::move(to)); });
}

void set_qr(const wax_host* host, wax_session* session, wax_str text, uint32_t valid_ms) noexcept {
  tell_session(host, session, [text = std::string(view(text)), valid_ms](EngineSink& sink) mutable {
    sink.on_qr(std::move(text), Millis(valid_ms));
  });
}

void set_me(const wax_host* host, wax_session* session, const wax_me* me) noexcept {
  std::optional<Me> account;
  if (me != nullptr) {
    const wax_me raw = normalised(me);
    account = Me{std::string(view(raw.id)), std::string(view(raw.push_name)),
                 std::string(view(raw.lid)), std::string(view(raw.jid))};
  }
  tell_session(host, session, [account = std::move(account)](EngineSink& sink) mutable {
    sink.on_me(std::move(account));
  });
}

void set_engine_info(const wax_host* host, wax_session* session, wax_str json) noexcept {
  tell_session(host, session, [json = std::string(view(json))](EngineSink& sink) mutable {
    sink.on_engine_info(std::move(json));
  });
}

void set_presence(const wax_host* host, wax_session* session, int32_t online) noexcept {
  tell_session(host, session, [online](EngineSink& sink) {
    sink.on_presence(online < 0 ? std::nullopt : std::optional(online > 0));
  });
}

void set_activity(const wax_host* host, wax_session* session, int64_t timestamp_ms) noexcept {
  tell_session(host, session, [timestamp_ms](EngineSink& sink) { sink.on_activity(timestamp_ms); });
}

wax_status emit(const wax_host* host, wax_session* token, const wax_event* event, wax_done_fn done,
                void* user) noexcept {
  const auto session = live_session(host, token, "emit");
  if (!session) {
    return WAX_E_CANCELLED;
  }
  std::vector<EngineEvent> events = copy_events(module_of(host), event, 1);
  if (events.empty() || !session->take_events(1, events.front().size_bytes())) {
    return events.empty() ? WAX_E_INVALID : WAX_E_UNAVAILABLE;
  }
  session->commit({}, std::move(events), done, user);
  return WAX_OK;
}

int32_t wanted(const wax_host* host, wax_session* token, wax_str type) noexcept {
  const auto session = live_session(host, token, "wanted");
  return session && session->wanted(view(type)) ? 1 : 0;
}

}  // namespace

const wax_host_session* session_table() noexcept {
  static const wax_host_session table = {sizeof(wax_host_session),
                                         0,
                                         &set_state,
                                         &set_qr,
                                         &set_me,
                                         &set_engine_info,
                                         &set_presence,
                                         &set_activity,
                                         &emit,
                                         &wanted};
  return &table;
}

}  // namespace waxwing::plugin_host
