// SPDX-License-Identifier: Apache-2.0
// Life cycle of the echo engine: start, pairing, login, delivery of what arrives, stop, logout.
#include "echo_engine.hpp"

#include <cstdlib>
#include <utility>

namespace echo {
namespace {

constexpr std::string_view kSpace = "creds";
constexpr std::string_view kKey = "account";

// A number of the range that is set aside for fiction.
std::string derived_phone(std::string_view session) {
  return "1555" + std::to_string(1'000'000 + stable_hash(session) % 9'000'000);
}

}  // namespace

EchoEngine::EchoEngine(const wp::Init& init)
    : Engine(init),
      settings_(parse_settings(init.config)),
      phone_(settings_.phone.empty() ? derived_phone(init.name) : settings_.phone) {}

void EchoEngine::start(wp::Call&& call) {
  if (settings_.crash == Settings::Crash::Start) {
    std::abort();
  }
  if (settings_.never_answers("start")) {
    kept_.push_back(std::move(call));
    return;
  }
  if (!settings_.fail_start.empty()) {
    throw wp::Error(WAX_E_INTERNAL, settings_.fail_start);
  }
  phase_ = Phase::Starting;
  after(settings_.start_delay_ms, [this] { connect(); });
  call.ok();  // the attempt is under way
}

void EchoEngine::stop(wp::Call&& call) {
  if (settings_.never_answers("stop")) {
    kept_.push_back(std::move(call));
    return;
  }
  quiesce();
  phase_ = Phase::Stopped;
  qr_texts_.reset();
  arrivals_.clear();
  burst_left_ = 0;
  paused_ = false;
  call.ok();
}

// The host erases what load_account() would find; a real engine unlinks its device here first.
void EchoEngine::logout(wp::Call&& call) {
  if (settings_.never_answers("logout")) {
    kept_.push_back(std::move(call));
    return;
  }
  account_ = {};
  stop(std::move(call));
}

// A pretended network: the proxy is asked for, as an engine must, but nothing is connected.
void EchoEngine::connect() {
  if (host().proxy.resolve == nullptr) {
    load_account();
    return;
  }
  resolve_proxy("websocket", [this](const wp::Outcome& outcome, const wp::ProxyLease& lease) {
    if (!outcome.ok()) {
      fail("proxy_unavailable", outcome.message);
      return;
    }
    engine_info(engine_info_json(lease.url));
    load_account();
  });
}

void EchoEngine::load_account() {
  get({{kSpace, kKey}}, [this](const wp::Outcome& outcome, const wp::Rows& rows) {
    if (!outcome.ok()) {
      fail("storage_unavailable", outcome.message);
    } else if (rows.empty()) {
      qr_texts_.emplace();
      show_code(0);
      if (settings_.login_after_ms) {
        after(*settings_.login_after_ms, [this] { log_in(phone_); });
      }
    } else {
      be_working(parse_account(rows[0].value));
    }
  });
}

void EchoEngine::show_code(std::uint32_t number) {
  if (number == settings_.qr.count) {
    fail("qr_timeout", "no phone scanned the QR code in time");
    return;
  }
  phase_ = Phase::Pairing;
  const std::uint32_t valid_ms = number == 0 ? settings_.qr.first_ms : settings_.qr.next_ms;
  qr(qr_texts_->next(), valid_ms);
  next_code_ = after(valid_ms, [this, number] { show_code(number + 1); });
}

// The pretended phone has scanned. Credentials are durable before anybody hears of them (WP-14).
void EchoEngine::log_in(std::string_view phone) {
  if (phase_ != Phase::Pairing) {
    return;
  }
  phase_ = Phase::LoggingIn;
  next_code_.cancel();
  const Account account = make_account(phone, settings_.push_name);
  wp::Changes changes;
  changes.put(std::string(kSpace), std::string(kKey), to_json(account));
  commit(changes, [this, account](const wp::Outcome& outcome) {
    if (outcome.ok()) {
      be_working(account);
    } else {
      fail("storage_unavailable", outcome.message);
    }
  });
}

void EchoEngine::be_working(const Account& account) {
  qr_texts_.reset();
  account_ = account;
  phase_ = Phase::Working;
  me({account_.id, account_.push_name, account_.lid, account_.jid});
  presence(true);
  state(WAX_SESSION_WORKING);
  burst_left_ = settings_.burst.count;
  if (settings_.burst.every_ms > 0) {
    wait_for_message();
  }
  deliver();
}

void EchoEngine::wait_for_message() {
  after(settings_.burst.every_ms, [this] {
    if (phase_ == Phase::Working && burst_left_ > 0) {
      arrivals_.push_back({"message", burst_message(), account_.id});
      --burst_left_;
      deliver();
      wait_for_message();
    }
  });
}

void EchoEngine::fail(std::string_view reason, std::string_view text) {
  quiesce();
  phase_ = Phase::Failed;
  qr_texts_.reset();
  failed(reason, text);
}

// What a real engine reads from its connection. When the host's queue is full, reading stops until
// resume(), so that the far end keeps what does not fit (WP-15).
void EchoEngine::deliver() {
  const bool at_once = settings_.burst.every_ms == 0;
  while (!paused_ && phase_ == Phase::Working &&
         (!arrivals_.empty() || (at_once && burst_left_ > 0))) {
    if (arrivals_.empty()) {
      const std::string chat = account_.id;
      paused_ = !emit({"message", burst_message(), chat});
      burst_left_ -= paused_ ? 0 : 1;
    } else {
      const Arrival& next = arrivals_.front();
      paused_ = !emit({next.type, next.json, next.chat_id});
      if (!paused_) {
        arrivals_.pop_front();
      }
    }
    if (paused_) {
      record(kPauses);
    }
  }
}

void EchoEngine::resume() {
  paused_ = false;
  deliver();
}

// Everything but the account takes effect at its next use.
void EchoEngine::reconfigure(std::string_view config) {
  Settings changed = parse_settings(config);
  if (changed.phone != settings_.phone || changed.push_name != settings_.push_name) {
    throw wp::Error(WAX_E_STATE, "a changed account needs a restart");
  }
  settings_ = std::move(changed);
}

}  // namespace echo

WAX_ENGINE_MODULE(echo::EchoEngine, "waxwing.example-echo", "0.1.0");
