// SPDX-License-Identifier: Apache-2.0
// A session's state: how it is shown, waited for, and changed by what the engine reports.
#include "session/session.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/log.hpp"
#include "config/config.hpp"

namespace waxwing::session {
namespace {

// Between two words of an engine that tries again and again.
constexpr Millis kComeBack = std::chrono::minutes(15);
constexpr std::uint32_t kWrongStateRetryMs = 5000;  // what callers are told to wait
constexpr Millis kLateWorking(2000);                // how long WORKING waits for the account's name

// A stable id is [a-z0-9_]; whatever else an engine sends is not shown as one.
std::string reason_id(std::string id, std::string_view fallback) {
  const bool valid =
      !id.empty() && id.size() <= 64 &&
      id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == std::string::npos;
  return valid ? std::move(id) : std::string(fallback);
}

}  // namespace

Session::Session(Record record, runtime::Loop& loop, const Environment& environment)
    : name_(record.name),
      loop_(loop),
      env_(environment),
      view_(record.name),
      record_(std::move(record)),
      recent_(env_.bus, {env_.config.sockets.stored_events, env_.config.sockets.stored_mb << 20U}) {
  const auto post = post_to_loop();
  const auto store = env_.store(record_.storage);
  store_ = store->tenant(name_, post);
  records_ = env_.records->tenant("", post);
  outbox_ = env_.outbox(name_, store, post);
  read_config();
  show();
}

Session::~Session() = default;

std::function<void(Task)> Session::post_to_loop() {
  return [&loop = loop_](Task task) { loop.post(std::move(task)); };
}

Selection Session::selection() const {
  const Snapshot s = view_.snapshot();
  return {s.engine, s.storage, s.proxy};
}

// State -------------------------------------------------------------------------------------------

void Session::show() {
  view_.change([this](Snapshot& s) {
    if (s.state != state_) {
      s.changed_ms = loop_.clock().unix_ms();
    }
    s.state = state_;
    s.reason = reason_;
    s.config_json = settings_.shown_json;
    s.me = record_.me;
    s.worker = record_.worker;
    s.engine = record_.engine;
    s.storage = record_.storage;
    s.proxy = record_.proxy;
    if (state_ == State::Stopped || state_ == State::Failed) {
      s.online.reset();
      s.engine_info_json.clear();
    }
  });
}

void Session::read_config() {
  settings_ = read_settings(record_.config_json, env_.config.lifecycle.ignore);
  record_.outbox_json = outbox_->configure(record_.config_json, record_.outbox_json);
}

void Session::set_state(State to, std::optional<Reason> reason, std::string data_json) {
  const State from = std::exchange(state_, to);
  // An engine that says why it is not there yet is on its way back, however long an outage lasts.
  const bool coming_back = to == State::Starting && reason.has_value();
  if (from == State::Starting && (to != State::Starting || coming_back)) {
    loop_.cancel_timer(std::exchange(start_deadline_, 0));
  }
  if (coming_back || (from != State::Starting && to == State::Starting)) {
    const Millis limit = coming_back ? kComeBack : Millis(env_.config.lifecycle.start_timeout);
    start_deadline_ = loop_.start_timer(
        limit, [this] { fail("start_timeout", "The session did not get ready in time"); });
  }
  if (to != State::ScanQrCode) {
    qr_.reset();
  }
  reason_ = to == State::Failed || to == State::Starting ? std::move(reason) : std::nullopt;
  show();
  log::info("session.state", {{"session", name_},
                              {"from", to_string(from)},
                              {"to", to_string(to)},
                              {"reason", reason_ ? std::string_view(reason_->id) : ""}});
  if (history_.note(from, to, std::move(data_json), loop_.clock().unix_ms())) {
    loop_.cancel_timer(std::exchange(late_working_, 0));
    if (to == State::Working && !knows_its_name()) {
      late_working_ = loop_.start_timer(kLateWorking, [this] {
        late_working_ = 0;
        publish_status();
      });
    } else {
      publish_status();
    }
  }
  wake_waiters();
}

void Session::fail(std::string reason, std::string text) {
  set_state(State::Failed, Reason{std::move(reason), std::move(text)}, "");
  // A failed engine has nothing left to do; its object goes, the session stays FAILED.
  end_engine(Farewell::Stop, [] {});
}

void Session::publish_status() {
  publish("session.status", history_.payload_json(name_, reason_));
}

bool Session::knows_its_name() const {
  return record_.me && !record_.me->id.empty() && !record_.me->push_name.empty();
}

// Waiting for a state -----------------------------------------------------------------------------

std::optional<Status> Session::judge(Need need) const {
  if (removed_) {
    return Status(Code::NotFound, "Session not found");
  }
  if (need == Need::Running) {
    return state_ != State::Stopped
               ? Status::ok()
               : Status(Code::NotFound, "Session \"" + name_ +
                                            "\" is not running. Start it first: POST "
                                            "/api/sessions/" +
                                            name_ + "/start");
  }
  if (need == Need::Working && state_ == State::Working) {
    return Status::ok();
  }
  if (need == Need::ScanQrCode && state_ == State::ScanQrCode) {
    const bool fresh = qr_.has_value() && qr_->expires_ms > loop_.clock().unix_ms();
    return fresh ? std::optional(Status::ok()) : std::nullopt;  // the next code is on its way
  }
  if (state_ == State::Starting) {
    return std::nullopt;
  }
  // Somebody has to scan, start or restart first, so nobody is kept waiting.
  Status status(Code::State,
                "Session status is not as expected. Try again later or restart the session");
  status.retry_after(kWrongStateRetryMs);
  return status;
}

void Session::when(Need need, Done done) {
  if (auto status = judge(need)) {
    done(std::move(*status));
    return;
  }
  auto waiter = std::make_shared<Waiter>();
  waiter->need = need;
  waiter->done = std::move(done);
  waiter->timer =
      loop_.start_timer(env_.config.http.guard_wait, [this, weak = std::weak_ptr(waiter)] {
        const auto late = weak.lock();
        if (!late) {
          return;
        }
        std::erase(waiters_, late);
        Status status(Code::State, "The session is not ready yet. Try again later");
        status.retry_after(1000);
        late->done(std::move(status));
      });
  waiters_.push_back(std::move(waiter));
}

void Session::wake_waiters() {
  // From the queue: a waiter may start operations that change the state again.
  if (waiters_.empty()) {
    return;
  }
  loop_.post([self = shared_from_this()] {
    std::vector<std::pair<std::shared_ptr<Waiter>, Status>> ready;
    std::erase_if(self->waiters_, [&](const std::shared_ptr<Waiter>& waiter) {
      auto status = self->judge(waiter->need);
      if (status.has_value()) {
        ready.emplace_back(waiter, std::move(*status));
      }
      return status.has_value();
    });
    for (auto& [waiter, status] : ready) {
      self->loop_.cancel_timer(waiter->timer);
      waiter->done(std::move(status));
    }
  });
}

void Session::qr(QrFn answer) {
  loop_.post([self = shared_from_this(), answer = std::move(answer)]() mutable {
    Session& session = *self;
    session.when(Need::ScanQrCode, [self, answer = std::move(answer)](Status status) {
      if (status.is_ok()) {
        answer(*self->qr_);
      } else {
        answer(std::move(status));
      }
    });
  });
}

// What the engine reports -------------------------------------------------------------------------

void Session::on_state(plugin_host::StateChange change) {
  if (ending_) {
    return;  // unlinking makes an engine report all kinds of things
  }
  const State to = state_from_abi(change.state);
  if (!engine_may_move(state_, to)) {
    engine_->module().misbehaved(
        plugin_host::Misbehaviour::IllegalState,
        std::string(to_string(state_)) + " to " + std::string(to_string(to)) + " of " + name_);
    return;
  }
  std::string data;
  if (!change.data_json.empty()) {
    const auto parsed = json::parse(change.data_json);
    if (parsed.has_value() && parsed->is_object()) {
      data = json::dump(*parsed);
    }
  }
  if (to == State::Failed) {
    fail(reason_id(std::move(change.reason), "engine_error"), std::move(change.text));
    return;
  }
  std::optional<Reason> reason;
  if (!change.reason.empty()) {
    reason = Reason{reason_id(std::move(change.reason), "other"), std::move(change.text)};
  }
  set_state(to, std::move(reason), std::move(data));
}

void Session::on_qr(std::string text, Millis valid) {
  if (ending_ || text.empty()) {
    return;
  }
  if (env_.show_qr) {
    env_.show_qr(name_, text);
  }
  qr_ = QrCode{std::move(text), loop_.clock().unix_ms() + valid.count(), ++qr_attempts_};
  wake_waiters();
}

void Session::on_me(std::optional<plugin_host::Me> me) {
  if (me == record_.me) {
    return;
  }
  record_.me = std::move(me);
  show();
  save([self = shared_from_this()](const Status& status) {
    if (!status.is_ok()) {
      log::warn("session.account_not_stored",
                {{"session", self->name_}, {"why", status.message()}});
    }
  });
  if (late_working_ != 0 && knows_its_name()) {
    loop_.cancel_timer(std::exchange(late_working_, 0));
    publish_status();
  }
}

void Session::on_engine_info(std::string text) {
  const auto info = json::parse(text);
  if (!info.has_value() || !info->is_object()) {
    return;
  }
  Json members = *info;
  members.erase("engine");  // that one is the host's
  view_.change([&](Snapshot& s) { s.engine_info_json = json::dump(members); });
}

void Session::on_presence(std::optional<bool> online) {
  view_.change([&](Snapshot& s) { s.online = online; });
}

void Session::on_activity(std::int64_t unix_ms) {
  view_.change([&](Snapshot& s) { s.activity_ms = unix_ms; });
}

void Session::on_get(std::vector<plugin_host::KeyRef> keys, RowsFn done) {
  store_.get(std::move(keys), std::move(done));
}

void Session::on_scan(plugin_host::Scan scan, RowsFn done) {
  store_.scan(std::move(scan), std::move(done));
}

}  // namespace waxwing::session
