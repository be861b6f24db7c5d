// SPDX-License-Identifier: Apache-2.0
// Connections of a Client: opening, the handshake, staying alive, and coming back.
#include <algorithm>

#include "multidevice/binary/codec.hpp"
#include "multidevice/crypto/random.hpp"
#include "multidevice/session/client.hpp"
#include "multidevice/session/pairing_state.hpp"
#include "multidevice/session/payload.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::int64_t kHandshakeMs = 20'000;
constexpr std::int64_t kFirstBackoffMs = 1'000;
constexpr std::int64_t kMostBackoffMs = 60'000;
constexpr std::int64_t kLongBackoffMs = 300'000;
constexpr auto kDictionary = DictionaryVersion::V3;

// Between 0.5 and 1.5 times the value, so that sessions that were lost together come back apart.
std::int64_t spread(std::int64_t value) {
  return value / 2 + random_below(static_cast<std::uint32_t>(value) + 1);
}

}  // namespace

void Client::open() {
  ++connection_;
  ++attempts_;
  phase_ = Phase::Connecting;
  host_.open_connection();
}

// After this nothing of the connection matters any more.
void Client::drop() {
  const bool was_online = phase_ == Phase::Online;
  if (phase_ != Phase::None) {
    host_.close_connection();
  }
  ++connection_;
  phase_ = Phase::None;
  uploading_ = false;
  initiator_.reset();
  transport_.reset();
  pairing_.reset();
  splitter_ = FrameSplitter();
  for (const TimerId id : {kReconnect, kHandshake, kQr, kPing, kAnswer}) {
    clear_timer(id);
  }
  if (was_online) {
    host_.on_link(false);
  }
  iqs_.fail_all(IqReply::Kind::Lost);
}

void Client::connected() {
  if (phase_ != Phase::Connecting) {
    return;
  }
  version_ = host_.version();
  Initiator::Params params;
  params.header = make_header(static_cast<std::uint8_t>(kDictionary));
  params.root = root_;
  params.now_s = now_s();
  if (record_) {
    params.static_key = record_->noise_key;
    params.payload = login_payload(*record_, version_, personality_);
    params.known = route_.server;
  } else {
    pairing_ = std::make_unique<PairingState>();
    pairing_->record = DeviceRecord::fresh(now_s());
    pairing_->secret = random_secret<32>();
    params.static_key = pairing_->record.noise_key;
    params.payload = registration_payload(pairing_->record, version_, profile_);
  }
  const Header header = params.header;
  initiator_ = std::make_unique<Initiator>(std::move(params));
  phase_ = Phase::Handshake;
  set_timer(kHandshake, kHandshakeMs);
  iqs_.restart();

  const Result<Bytes> hello = initiator_->hello();
  Bytes first = encode_intro({route_.routing_info, header});
  if (!hello || !append_frame(first, *hello)) {
    // Only a server key that was stored can be at fault.
    route_.server.reset();
    lost(Cause::Broken);
  } else {
    host_.send(first);
  }
  rearm();
}

void Client::received(ByteView octets) {
  if (phase_ < Phase::Handshake) {
    return;
  }
  clear_timer(kAnswer);
  const std::uint32_t connection = connection_;
  const Status status = splitter_.feed(octets, [&](ByteView frame) {
    on_frame(frame);
    return connection == connection_ ? Status::ok() : Status(Fault::Protocol, "it is over");
  });
  if (connection == connection_ && !status) {
    lost(Cause::Broken);
  }
  rearm();
}

void Client::on_frame(ByteView frame) {
  if (phase_ == Phase::Handshake) {
    on_server_hello(frame);
    return;
  }
  const Result<Bytes> plain = transport_->open(frame);
  if (!plain) {
    lost(Cause::Broken);
    return;
  }
  const Result<Node> node = decode(*plain, kDictionary);
  if (!node) {
    lost(Cause::Broken);
    return;
  }
  on_node(*node);
}

void Client::on_server_hello(ByteView frame) {
  Result<Initiator::Outcome> outcome = initiator_->on_server_hello(frame);
  if (!outcome) {
    // An answer to a resumed handshake may fail because of what we remember: once more without.
    if (route_.server) {
      route_.server.reset();
      store_route();
      react({Action::Backoff, "handshake_failed", "The server could not resume."});
    } else if (outcome.error().fault() == Fault::Untrusted) {
      react(reaction_to(Cause::UntrustedServer), outcome.error().message());
    } else {
      lost(Cause::Broken);
    }
    return;
  }
  initiator_.reset();
  transport_.emplace(std::move(outcome->transport));
  counters_.resumed += outcome->pattern == NoisePattern::Ik ? 1U : 0U;
  if (!outcome->finish.empty()) {
    const Result<Bytes> finish = encode_frame(outcome->finish);
    if (!finish) {
      lost(Cause::Broken);
      return;
    }
    host_.send(*finish);
  }
  phase_ = record_ ? Phase::Login : Phase::WaitPair;
  set_timer(kHandshake, kHandshakeMs);
  // A device that may never come back has no use for the key.
  if (record_ && (!route_.server || route_.server->key != outcome->server.key)) {
    route_.server = outcome->server;
    store_route();
  }
}

void Client::store_route() {
  StoreBatch batch;
  route_.put_into(batch);
  host_.commit(std::move(batch), [](bool) {});
}

void Client::closed(std::string_view reason, std::string_view text) {
  if (phase_ == Phase::None) {
    return;
  }
  Reaction why = reaction_to(Cause::Closed);
  if (phase_ == Phase::Paired) {
    why.action = Action::ReconnectNow;
  }
  if (!reason.empty()) {
    why.reason = reason;
    why.text = text;
  }
  react(why);
  rearm();
}

void Client::react(const Reaction& reaction, std::string_view text) {
  if (logging_out_) {
    iqs_.fail_all(IqReply::Kind::Lost);  // of which one ends the logout
    return;
  }
  switch (reaction.action) {
    case Action::ReconnectNow:
      // One that asks for it over and over is treated like any other.
      come_back(reaction, attempts_ <= 2 ? 0 : backoff_ms());
      break;
    case Action::Backoff:
      come_back(reaction, backoff_ms());
      break;
    case Action::LongBackoff:
      come_back(reaction, spread(kLongBackoffMs));
      break;
    case Action::NewVersion:
      if (host_.reject_version(version_)) {
        come_back(reaction, backoff_ms());
      } else {
        fail(reaction, text);
      }
      break;
    case Action::Fail:
      fail(reaction, text);
      break;
    case Action::Forget:
      forget(reaction);
      break;
  }
}

std::int64_t Client::backoff_ms() {
  const std::uint32_t step = std::min<std::uint32_t>(attempts_ == 0 ? 0 : attempts_ - 1, 6);
  return spread(std::min(kMostBackoffMs, kFirstBackoffMs << step));
}

void Client::come_back(const Reaction& reaction, std::int64_t delay_ms) {
  const std::string reason(reaction.reason);  // may be the network's, gone with the connection
  const std::string text(reaction.text);
  if (personality_.max_attempts != 0 && attempts_ >= personality_.max_attempts) {
    fail(reaction_to(Cause::TooManyAttempts), text);
    return;
  }
  const bool planned = reaction.action == Action::ReconnectNow;
  drop();
  ++counters_.reconnects;
  if (state_ == ClientState::Working) {
    if (timers_[kGrace] == 0) {
      set_timer(kGrace, personality_.grace_ms);
    }
  } else if (state_ != ClientState::Starting || !planned) {
    set_state(ClientState::Starting, planned ? "" : reason, planned ? "" : text);
  }
  set_timer(kReconnect, delay_ms);
}

void Client::fail(const Reaction& reaction, std::string_view text) {
  const std::string why(text.empty() ? reaction.text : text);
  drop();
  timers_.fill(0);
  set_state(ClientState::Failed, reaction.reason, why);
}

// The rows go first: whoever hears of it may rely on it.
void Client::forget(const Reaction& reaction) {
  // The process ended between storing and telling: no phone believes in this device.
  const bool never_linked = record_ && !record_->logged_in && !told_server_;
  drop();
  clear_timer(kGrace);
  route_ = {};
  StoreBatch batch;
  for (const std::string_view space : rows::kOfDevice) {
    batch.erase_space(space);
  }
  host_.commit(std::move(batch), [this, never_linked, reaction, connection = connection_](bool) {
    if (connection != connection_ || state_ == ClientState::Stopped) {
      return;
    }
    record_.reset();
    host_.on_account(nullptr);
    if (never_linked) {
      set_state(ClientState::Starting);
      open();
    } else {
      set_state(ClientState::Failed, reaction.reason, reaction.text);
    }
    rearm();
  });
}

bool Client::transmit(const Node& stanza) {
  if (!transport_) {
    return false;
  }
  const Result<Bytes> plain = encode(stanza, kDictionary);
  return plain && transmit_encoded(*plain);
}

bool Client::transmit_encoded(ByteView stanza) {
  if (!transport_) {
    return false;
  }
  const Result<Bytes> frame = transport_->seal(stanza);
  if (!frame) {
    lost(Cause::Broken);
    return false;
  }
  host_.send(*frame);
  return true;
}

void Client::keep_alive() {
  const std::uint32_t span = personality_.ping_max_ms - personality_.ping_min_ms;
  set_timer(kPing, personality_.ping_min_ms + random_below(span + 1));
}

void Client::ping() {
  Node iq = make_iq("get", "w:p");
  iq.set("id", iqs_.next_id());
  if (personality_.ping_has_child) {
    iq.add(Node("ping"));
  }
  if (timers_[kAnswer] == 0) {
    set_timer(kAnswer, personality_.answer_within_ms);
  }
  keep_alive();
  (void)transmit(iq);
}

}  // namespace waxwing::multidevice
