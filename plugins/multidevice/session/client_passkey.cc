// SPDX-License-Identifier: Apache-2.0
// A Client whose linking WhatsApp guards with a passkey: challenge, answer, code, confirmation.
#include <algorithm>

#include "multidevice/crypto/random.hpp"
#include "multidevice/session/client.hpp"
#include "multidevice/session/pairing_state.hpp"

namespace waxwing::multidevice {
namespace {

// The server believes a proof that long.
constexpr std::int64_t kProofMs = 300'000;
// Nobody is waited for longer than that.
constexpr std::int64_t kAnswerMs = 600'000;

Node with_octets(std::string_view tag, ByteView octets) {
  return Node(tag).set_octets(octets);
}

Status refused(std::string_view what, const IqReply& reply) {
  return {Fault::Protocol,
          std::string("WhatsApp ") + (reply.code != 0 ? "refused " + std::string(what) + " (" +
                                                            std::to_string(reply.code) + ")"
                                                      : "did not answer")};
}

bool is_from_server(const Node& stanza) {
  const auto from = stanza.jid("from");
  return from && *from == server_jid();
}

}  // namespace

void Client::ask_passkey(Node child, std::string_view type,
                         std::function<void(const IqReply&)> handler) {
  Node iq = make_iq(type, "md");
  iq.add(std::move(child));
  query(std::move(iq), std::move(handler));
}

void Client::on_passkey_request(const Node& notification) {
  if (phase_ != Phase::Pairing || !is_from_server(notification)) {
    return;
  }
  if (!personality_.knows_passkeys) {
    lost(Cause::PasskeyUnsupported);
    return;
  }
  if (const Node* options = notification.child("passkey_request_options");
      options != nullptr && !options->octets().empty()) {
    require_passkey(to_string(options->octets()));
    return;
  }
  ask_passkey(Node("passkey_request_options"), "get", [this](const IqReply& reply) {
    const Node* options = reply.node ? reply.node->child("passkey_request_options") : nullptr;
    if (reply.kind == IqReply::Kind::Lost || phase_ != Phase::Pairing) {
      return;
    }
    if (options == nullptr || options->octets().empty()) {
      lost(Cause::PasskeyFailed);
    } else {
      require_passkey(to_string(options->octets()));
    }
  });
}

// From now on the phone has to answer to another secret than that of the codes, which only proves
// that this is the client that was scanned.
void Client::require_passkey(std::string challenge) {
  PairingState::Passkey passkey;
  passkey.scanned = pairing_->passkey ? pairing_->passkey->scanned : pairing_->secret;
  passkey.proof_until_ms = host_.now_ms() + kProofMs;
  pairing_->passkey = std::move(passkey);
  pairing_->secret = random_secret<32>();
  pairing_->code.reset();
  pairing_->code_secret.reset();
  set_timer(kQr, kAnswerMs);
  host_.on_passkey_challenge(challenge);
  set_state(ClientState::PasskeyRequired);
}

void Client::answer_passkey(Bytes credential, std::string assertion,
                            std::function<void(Status)> done) {
  if (state_ != ClientState::PasskeyRequired || !pairing_ || pairing_->passkey->answering) {
    done({Fault::Argument, "no challenge is pending"});
    return;
  }
  pairing_->passkey->answering = true;
  ask_passkey(Node("ref"), "get",
              [this, credential = std::move(credential), assertion = std::move(assertion),
               done = std::move(done)](const IqReply& reply) {
                const Node* ref = reply.node ? reply.node->child("ref") : nullptr;
                if (!pairing_ || !pairing_->passkey || ref == nullptr || ref->octets().empty()) {
                  if (pairing_ && pairing_->passkey) {
                    pairing_->passkey->answering = false;
                  }
                  done(refused("a reference", reply));
                  return;
                }
                send_passkey_offer(to_string(ref->octets()), credential, assertion, done);
              });
  rearm();
}

void Client::send_passkey_offer(const std::string& ref, const Bytes& credential,
                                const std::string& assertion, std::function<void(Status)> done) {
  PairingState::Passkey& passkey = *pairing_->passkey;
  passkey.offer = make_passkey_offer(ref, profile_.platform_type);
  passkey.proven = host_.now_ms() < passkey.proof_until_ms;
  Node prologue("passkey_prologue");
  prologue.add(with_octets("credential_id", credential));
  prologue.add(with_octets("webauthn_assertion", as_bytes(assertion)));
  prologue.add(with_octets("prologue_payload", passkey.offer->payload));
  if (passkey.proven) {
    prologue.add(with_octets("pairing_handoff_proof",
                             passkey_handoff_proof(*passkey.scanned, passkey.offer->payload)));
  }
  ask_passkey(std::move(prologue), "set", [this, done = std::move(done)](const IqReply& reply) {
    if (pairing_ && pairing_->passkey) {
      pairing_->passkey->answering = false;
      if (reply.ok()) {
        pairing_->passkey->proof_until_ms = 0;  // it is good for one answer
      }
    }
    done(reply.ok() ? Status::ok() : refused("the passkey", reply));
  });
}

// The phone has seen the answer: both sides can tell a code now.
void Client::on_passkey_continuation(const Node& notification) {
  const bool expected = phase_ == Phase::Pairing && pairing_->passkey && pairing_->passkey->offer &&
                        !pairing_->passkey->primary;
  if (!expected || !is_from_server(notification)) {
    return;
  }
  const Node* identity = notification.child("primary_ephemeral_identity");
  const auto primary = parse_passkey_primary(identity == nullptr ? ByteView() : identity->octets());
  if (!primary) {
    lost(Cause::PasskeyFailed);
    return;
  }
  pairing_->passkey->primary = *primary;
  const Bytes nonce = to_bytes(ByteView(pairing_->passkey->offer->nonce));
  ask_passkey(with_octets("companion_nonce", nonce), "set", [this](const IqReply& reply) {
    if (reply.kind == IqReply::Kind::Lost || phase_ != Phase::Pairing || !pairing_->passkey) {
      return;
    }
    if (!reply.ok()) {
      lost(Cause::PasskeyFailed);
      return;
    }
    const PairingState::Passkey& passkey = *pairing_->passkey;
    host_.on_passkey_code(passkey_code(passkey.offer->nonce, *passkey.primary));
    set_state(ClientState::PasskeyConfirmation);
    if (passkey.proven) {
      confirm_passkey([this](const Status& status) {
        if (!status && phase_ == Phase::Pairing) {
          lost(Cause::PasskeyFailed);
        }
      });
    }
  });
}

void Client::confirm_passkey(std::function<void(Status)> done) {
  if (state_ != ClientState::PasskeyConfirmation || !pairing_ || !pairing_->passkey) {
    done({Fault::Argument, "no confirmation is pending"});
    return;
  }
  const PairingState::Passkey& passkey = *pairing_->passkey;
  const auto sealed =
      seal_pairing_request(*passkey.offer, *passkey.primary, pairing_->record.noise_key.open,
                           pairing_->record.identity.open, pairing_->secret);
  if (!sealed) {
    done(sealed.error());
    return;
  }
  ask_passkey(with_octets("encrypted_pairing_request", *sealed), "set",
              [done = std::move(done)](const IqReply& reply) {
                done(reply.ok() ? Status::ok() : refused("the pairing request", reply));
              });
}

}  // namespace waxwing::multidevice
