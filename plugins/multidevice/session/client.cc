// SPDX-License-Identifier: Apache-2.0
// Life cycle and clock of a Client.
#include "multidevice/session/client.hpp"

#include <algorithm>

#include "multidevice/crypto/random.hpp"
#include "multidevice/session/pairing_state.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::uint32_t kLogoutTimeoutMs = 5'000;

}  // namespace

Client::Client(ClientHost& host, Params params)
    : host_(host),
      personality_(*params.personality),
      profile_(std::move(params.profile)),
      root_(params.root),
      record_(std::move(params.record)),
      route_(std::move(params.route)) {}

Client::~Client() = default;

void Client::start() {
  if (state_ != ClientState::Stopped && state_ != ClientState::Failed) {
    return;
  }
  attempts_ = 0;
  set_state(ClientState::Starting);
  if (record_) {
    host_.on_account(&*record_);
  }
  open();
  rearm();
}

void Client::stop() {
  logged_out_ = nullptr;
  drop();
  timers_.fill(0);
  state_ = ClientState::Stopped;
  rearm();
}

void Client::logout(std::function<void()> done) {
  if (!record_ || phase_ < Phase::Prepare) {
    stop();
    record_.reset();
    done();
    return;
  }
  logging_out_ = true;
  logged_out_ = std::move(done);
  Node iq = make_iq("set", "md");
  iq.add(Node("remove-companion-device").set("jid", record_->pn).set("reason", "user_initiated"));
  // However it ends: the answer, a device_removed in its place, or nothing at all.
  query(
      std::move(iq),
      [this](const IqReply&) {
        const std::function<void()> told = std::exchange(logged_out_, nullptr);
        logging_out_ = false;
        stop();
        record_.reset();
        if (told) {
          told();
        }
      },
      kLogoutTimeoutMs);
  rearm();
}

void Client::set_state(ClientState state, std::string_view reason, std::string_view text) {
  state_ = state;
  host_.on_state(state, reason, text);
}

std::uint64_t Client::now_s() {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, host_.unix_ms() / 1000));
}

std::uint64_t Client::server_ms() {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, host_.unix_ms() + server_offset_ms_));
}

void Client::set_timer(TimerId id, std::int64_t delay_ms) {
  timers_[id] = std::max<std::int64_t>(1, host_.now_ms() + delay_ms);
}

void Client::rearm() {
  std::int64_t next = iqs_.next_deadline_ms();
  for (const std::int64_t time : timers_) {
    if (time != 0) {
      next = next == 0 ? time : std::min(next, time);
    }
  }
  if (next != armed_ms_) {
    armed_ms_ = next;
    host_.wake_at(next);
  }
}

void Client::wake() {
  armed_ms_ = 0;
  const std::int64_t now = host_.now_ms();
  for (std::size_t i = 0; i < kTimers; ++i) {
    if (timers_[i] != 0 && timers_[i] <= now) {
      timers_[i] = 0;
      on_timer(static_cast<TimerId>(i));
    }
  }
  iqs_.expire(now);
  rearm();
}

void Client::on_timer(TimerId id) {
  switch (id) {
    case kReconnect:
      open();
      break;
    case kHandshake:
      lost(Cause::HandshakeTimeout);
      break;
    case kQr:
      show_qr();
      break;
    case kPing:
      ping();
      break;
    case kAnswer:
      ++counters_.dead_connections;
      lost(Cause::Unanswered);
      break;
    case kGrace:
      if (state_ == ClientState::Working) {
        const Reaction& why = reaction_to(Cause::Closed);
        set_state(ClientState::Starting, why.reason, why.text);
      }
      break;
    case kTimers:
      break;
  }
}

}  // namespace waxwing::multidevice
