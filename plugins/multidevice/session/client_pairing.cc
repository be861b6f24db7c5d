// SPDX-License-Identifier: Apache-2.0
// A Client that is not linked yet: QR codes, linking codes, and the phone's answer.
#include <algorithm>

#include "multidevice/crypto/random.hpp"
#include "multidevice/pair/device_identity.hpp"
#include "multidevice/pair/link_code.hpp"
#include "multidevice/session/client.hpp"
#include "multidevice/session/pairing_state.hpp"

namespace waxwing::multidevice {
namespace {

constexpr std::uint32_t kFirstQrMs = 60'000;
constexpr std::uint32_t kNextQrMs = 20'000;
constexpr std::size_t kMaxRefs = 32;
constexpr std::int64_t kCodeMs = 180'000;
constexpr std::int64_t kRestartMs = 20'000;

Node with_octets(std::string_view tag, Bytes octets) {
  return Node(tag).set_octets(std::move(octets));
}

ByteView octets_of(const Node& parent, std::string_view tag) {
  const Node* child = parent.child(tag);
  return child == nullptr ? ByteView() : child->octets();
}

}  // namespace

void Client::on_pair_device(const Node& iq) {
  if (phase_ != Phase::WaitPair && phase_ != Phase::Pairing) {
    return;
  }
  Node reply("iq");
  reply.set("to", server_jid()).set("type", "result").set("id", iq.text("id"));
  if (!transmit(reply)) {
    return;
  }
  pairing_->refs.clear();
  pairing_->shown = 0;
  for (const Node& ref : iq.child("pair-device")->children()) {
    if (ref.tag() == "ref" && pairing_->refs.size() < kMaxRefs) {
      pairing_->refs.emplace_back(ref.octets_as_text());
    }
  }
  phase_ = Phase::Pairing;
  clear_timer(kHandshake);
  keep_alive();
  show_qr();
}

// The next code, or the end when there is none; but not while somebody may still type a code.
void Client::show_qr() {
  PairingState& pairing = *pairing_;
  if (pairing.passkey) {
    lost(Cause::PasskeyExpired);
    return;
  }
  if (pairing.shown == pairing.refs.size()) {
    const std::int64_t now = host_.now_ms();
    if (pairing.code && pairing.code->valid_until_ms > now) {
      set_timer(kQr, pairing.code->valid_until_ms - now);
    } else {
      lost(Cause::QrExpired);
    }
    return;
  }
  const std::uint32_t valid_ms = pairing.shown == 0 ? kFirstQrMs : kNextQrMs;
  const std::string text =
      make_qr({pairing.refs[pairing.shown], pairing.record.noise_key.open,
               pairing.record.identity.open, pairing.secret, profile_.client_type});
  ++pairing.shown;
  set_timer(kQr, valid_ms);
  state_ = ClientState::Pairing;
  host_.on_qr(text, valid_ms);
  host_.on_state(ClientState::Pairing, {}, {});
}

void Client::on_pair_success(const Node& iq) {
  if (phase_ != Phase::Pairing) {
    return;
  }
  const std::string id(iq.text("id"));
  const Node& success = *iq.child("pair-success");
  const Node* identity = success.child("device-identity");
  const Node* device = success.child("device");
  const std::optional<Jid> pn = device == nullptr ? std::nullopt : device->jid("jid");
  if (identity == nullptr || !pn || pn->user.empty() || pn->device == 0) {
    refuse_pairing(id, Cause::PairingMalformed);
    return;
  }
  const AdvSecret* secrets[2] = {&pairing_->secret, nullptr};
  const std::size_t count = pairing_->code_secret ? 2 : 1;
  secrets[1] = pairing_->code_secret ? &*pairing_->code_secret : nullptr;
  AcceptResult accepted = accept_device_identity(identity->octets(), std::span(secrets, count),
                                                 pairing_->record.identity);
  switch (accepted.fault) {
    case PairFault::None:
      break;
    case PairFault::Malformed:
      refuse_pairing(id, Cause::PairingMalformed);
      return;
    case PairFault::HmacMismatch:
      refuse_pairing(id, Cause::PairingHmac);
      return;
    case PairFault::SignatureMismatch:
      refuse_pairing(id, Cause::PairingSignature);
      return;
  }
  if (const auto t = iq.number("t")) {
    server_offset_ms_ = static_cast<std::int64_t>(*t) * 1000 - host_.unix_ms();
  }

  DeviceRecord record = std::move(pairing_->record);
  record.pn = *pn;
  record.lid = device->jid("lid").value_or(Jid{});
  if (const Node* platform = success.child("platform")) {
    record.platform = platform->text("name");
  }
  if (const Node* business = success.child("biz")) {
    record.business_name = business->text("name");
  }
  record.signed_identity = std::move(accepted.identity.stored);
  record.account_key = accepted.identity.account_key;
  record.key_index = accepted.identity.key_index;

  phase_ = Phase::Storing;
  clear_timer(kQr);
  StoreBatch batch;
  batch.erase_space(rows::kPrekeys);
  record.put_into(batch);
  host_.commit(
      std::move(batch),
      [this, id, record = std::move(record), reply = std::move(accepted.identity.reply),
       key_index = accepted.identity.key_index, connection = connection_](bool stored) mutable {
        finish_pairing(id, key_index, std::move(reply), std::move(record), stored, connection);
        rearm();
      });
}

// Once this is durable the server may hear of it. A connection that broke meanwhile does not matter
// to what is on the disk.
void Client::finish_pairing(const std::string& iq_id, std::uint32_t key_index, Bytes reply,
                            DeviceRecord paired, bool stored, std::uint32_t connection) {
  const bool same = connection == connection_;
  if (!stored) {
    if (same) {
      refuse_pairing(iq_id, Cause::StorageFailed);
    }
    return;
  }
  record_ = std::move(paired);
  if (state_ == ClientState::Stopped) {
    return;
  }
  host_.on_account(&*record_);
  if (!same) {
    // Whatever is going on was begun without the credentials.
    drop();
    set_timer(kReconnect, 0);
    return;
  }
  Node iq("iq");
  iq.set("to", server_jid()).set("type", "result").set("id", iq_id);
  iq.add(Node("pair-device-sign")
             .add(Node("device-identity")
                      .set("key-index", std::uint64_t{key_index})
                      .set_octets(std::move(reply))));
  told_server_ = true;
  pairing_.reset();
  phase_ = Phase::Paired;
  attempts_ = 0;
  set_timer(kHandshake, kRestartMs);
  set_state(ClientState::Starting);
  (void)transmit(iq);
}

void Client::refuse_pairing(const std::string& iq_id, Cause cause) {
  Node error("error");
  if (cause == Cause::PairingHmac) {
    error.set("code", "401").set("text", "hmac-mismatch");
  } else if (cause == Cause::PairingSignature) {
    error.set("code", "401").set("text", "signature-mismatch");
  } else {
    error.set("code", "500").set("text", "internal-error");
  }
  Node iq("iq");
  iq.set("to", server_jid()).set("type", "error").set("id", iq_id).add(std::move(error));
  if (transmit(iq)) {
    lost(cause);
  }
}

bool Client::can_request_code() const noexcept {
  return phase_ == Phase::Pairing && !pairing_->passkey;
}

void Client::request_code(std::string phone, std::function<void(Result<std::string>)> done) {
  if (!can_request_code()) {
    done(Status(Fault::Argument, "there is no connection that waits for a phone"));
    return;
  }
  std::string code = random_link_code();
  Bytes salt = random_bytes(kLinkCodeSaltBytes);
  host_.derive_key(code, salt,
                   [this, phone = std::move(phone), code, salt, done = std::move(done),
                    connection = connection_](const Secret<32>& key) mutable {
                     if (connection != connection_ || !can_request_code()) {
                       done(Status(Fault::Protocol, "the connection was lost"));
                       return;
                     }
                     say_hello_with_code(std::move(phone), std::move(code), std::move(salt), key,
                                         std::move(done));
                     rearm();
                   });
}

void Client::say_hello_with_code(std::string phone, std::string code, Bytes salt,
                                 const Secret<32>& key,
                                 std::function<void(Result<std::string>)> done) {
  PairingState::Code state;
  state.text = std::move(code);
  state.phone = std::move(phone);
  state.ephemeral = KeyPair::generate();
  state.valid_until_ms = host_.now_ms() + kCodeMs;

  Node registration("link_code_companion_reg");
  registration.set("jid", Jid::of_user(state.phone, server::kUser));
  registration.set("stage", "companion_hello").set("should_show_push_notification", "true");
  registration.add(with_octets("link_code_pairing_wrapped_companion_ephemeral_pub",
                               wrap_key(key, salt, state.ephemeral.open)));
  registration.add(
      with_octets("companion_server_auth_key_pub", to_bytes(pairing_->record.noise_key.open)));
  registration.add(Node("companion_platform_id").set_octets(as_bytes(profile_.client_type)));
  registration.add(Node("companion_platform_display").set_octets(as_bytes(profile_.display)));
  registration.add(Node("link_code_pairing_nonce").set_octets(as_bytes(personality_.code_nonce)));
  pairing_->code = std::move(state);

  Node iq = make_iq("set", "md");
  iq.add(std::move(registration));
  query(std::move(iq), [this, done = std::move(done),
                        text = pairing_->code->text](const IqReply& reply) {
    const Node* answer = reply.node ? reply.node->child("link_code_companion_reg") : nullptr;
    const ByteView ref = answer ? octets_of(*answer, "link_code_pairing_ref") : ByteView();
    const bool current = pairing_ && pairing_->code && pairing_->code->text == text;
    if (!reply.ok() || ref.empty() || !current) {
      if (current) {
        pairing_->code.reset();
      }
      done(Status(Fault::Protocol,
                  reply.code != 0 ? "WhatsApp refused the phone number or the device's name (" +
                                        std::to_string(reply.code) + ")"
                                  : "WhatsApp did not answer"));
      return;
    }
    pairing_->code->ref = to_string(ref);
    done(with_dash(text));
  });
}

// Somebody has typed a code. Whatever is wrong with it, QR codes go on.
void Client::on_primary_hello(const Node& notification) {
  const Node* registration = notification.child("link_code_companion_reg");
  if (phase_ != Phase::Pairing || !pairing_->code || registration == nullptr ||
      registration->text("stage") != "primary_hello") {
    return;
  }
  const std::string ref = to_string(octets_of(*registration, "link_code_pairing_ref"));
  Bytes wrapped =
      to_bytes(octets_of(*registration, "link_code_pairing_wrapped_primary_ephemeral_pub"));
  const auto identity = to_array<kKeyBytes>(octets_of(*registration, "primary_identity_pub"));
  const Result<ByteView> salt = wrapped_salt(wrapped);
  if (ref.empty() || ref != pairing_->code->ref || !identity || !salt) {
    return;
  }
  host_.derive_key(
      pairing_->code->text, to_bytes(*salt),
      [this, ref, wrapped, identity = *identity, connection = connection_](const Secret<32>& key) {
        const Result<PublicKey> ephemeral = unwrap_key(key, wrapped);
        if (connection == connection_ && ephemeral) {
          finish_code(ref, *ephemeral, identity);
          rearm();
        }
      });
}

void Client::finish_code(const std::string& ref, const PublicKey& primary_ephemeral,
                         const PublicKey& primary_identity) {
  if (phase_ != Phase::Pairing || !pairing_->code || pairing_->code->ref != ref) {
    return;
  }
  const auto finish = finish_as_companion(pairing_->code->ephemeral, pairing_->record.identity,
                                          primary_ephemeral, primary_identity);
  if (!finish) {
    return;
  }
  pairing_->code_secret = finish->adv_secret;
  Node iq = make_iq("set", "md");
  iq.add(
      Node("link_code_companion_reg")
          .set("jid", Jid::of_user(pairing_->code->phone, server::kUser))
          .set("stage", "companion_finish")
          .add(with_octets("link_code_pairing_wrapped_key_bundle", finish->bundle))
          .add(with_octets("companion_identity_public", to_bytes(pairing_->record.identity.open)))
          .add(with_octets("link_code_pairing_ref", to_bytes(as_bytes(ref)))));
  query(std::move(iq), [](const IqReply&) {});
}

}  // namespace waxwing::multidevice
