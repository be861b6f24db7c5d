// SPDX-License-Identifier: Apache-2.0
// Registration that asks for a passkey between the scan and the phone's consent.
#include "multidevice/pair/passkey.hpp"

#include <algorithm>
#include <utility>

#include "connection.hpp"
#include "multidevice/crypto/random.hpp"
#include "registration.hpp"
#include "server.hpp"
#include "stanzas.hpp"
#include "webauthn.hpp"

namespace waxwing::simulator {
namespace {

md::Node notification(Connection& connection, Server& server, std::string_view type,
                      std::string_view tag, md::ByteView octets) {
  return md::Node("notification")
      .set("from", md::server_jid())
      .set("type", type)
      .set("id", connection.next_id())
      .set("t", server.clock().now_s())
      .add(md::Node(tag).set_octets(octets));
}

md::ByteView octets_of(const md::Node& parent, std::string_view tag) {
  const md::Node* child = parent.child(tag);
  return child == nullptr ? md::ByteView{} : child->octets();
}

}  // namespace

void Pairing::demand_passkey(Connection& connection, Account& account, const md::AdvSecret& scanned,
                             OnLinked done) {
  Registration::Passkey passkey;
  passkey.account = &account;
  passkey.scanned = scanned;
  passkey.challenge = md::random_bytes(32);
  passkey.done = std::move(done);
  account.passkey_code.clear();
  connection.send(notification(connection, server_, "passkey_prologue_request",
                               "passkey_request_options",
                               md::as_bytes(passkey_options(account, passkey.challenge))));
  connection.registration->passkey = std::move(passkey);
}

bool Pairing::on_passkey_stanza(Connection& connection, const md::Node& iq) {
  if (!connection.registration->passkey || iq.text("xmlns") != "md") {
    return false;
  }
  Registration::Passkey& passkey = *connection.registration->passkey;
  const auto refuse = [&](std::string_view what) {
    server_.violate(connection, "passkey.refused", std::string(what));
    connection.send(error_of(iq, 400, "bad-request"));
    return true;
  };
  if (iq.text("type") == "get" && iq.child("ref") != nullptr) {
    passkey.ref = "2@" + md::to_base64(md::random_bytes(15));
    connection.send(result_of(iq).add(md::Node("ref").set_octets(md::as_bytes(passkey.ref))));
    return true;
  }
  if (const md::Node* prologue = iq.child("passkey_prologue")) {
    const md::ByteView payload = octets_of(*prologue, "prologue_payload");
    const md::ByteView proof = octets_of(*prologue, "pairing_handoff_proof");
    auto parsed = md::parse_passkey_prologue(payload);
    if (!parsed || parsed->ref != passkey.ref) {
      return refuse("the prologue does not fit");
    }
    const md::Sha256 expected = md::passkey_handoff_proof(passkey.scanned, payload);
    if (!proof.empty() &&
        !std::equal(proof.begin(), proof.end(), expected.begin(), expected.end())) {
      return refuse("the proof is for another code");
    }
    // A person may choose the wrong passkey: no mistake of the client's.
    if (const md::Status checked = check_passkey_assertion(
            *passkey.account, passkey.challenge, octets_of(*prologue, "credential_id"),
            md::as_text(octets_of(*prologue, "webauthn_assertion")));
        !checked) {
      connection.send(error_of(iq, 401, "not-authorized"));
      return true;
    }
    connection.send(result_of(iq));
    passkey.prologue = std::move(*parsed);
    passkey.ephemeral = md::KeyPair::generate();
    passkey.primary = {passkey.ephemeral.open,
                       md::to_array<32>(md::random_bytes(32)).value_or(md::PasskeyNonce{})};
    connection.send(notification(connection, server_, "crsc_continuation",
                                 "primary_ephemeral_identity",
                                 md::encode_passkey_primary(passkey.primary)));
    return true;
  }
  if (const md::Node* shown = iq.child("companion_nonce")) {
    const auto nonce = md::to_array<32>(shown->octets());
    if (!passkey.prologue || !nonce || !md::passkey_commitment_holds(*passkey.prologue, *nonce)) {
      return refuse("the nonce is not the one that was promised");
    }
    passkey.account->passkey_code = md::passkey_code(*nonce, passkey.primary);
    connection.send(result_of(iq));
    return true;
  }
  if (const md::Node* sealed = iq.child("encrypted_pairing_request")) {
    if (!passkey.prologue || passkey.account->passkey_code.empty()) {
      return refuse("the pairing request comes too early");
    }
    auto request = md::open_pairing_request(passkey.ephemeral, *passkey.prologue, sealed->octets());
    if (!request) {
      return refuse(request.error().message());
    }
    if (request->noise_key != connection.noise_key() ||
        request->identity != connection.registration->identity ||
        request->secret == passkey.scanned) {
      return refuse("the pairing request names other keys, or the old secret");
    }
    connection.send(result_of(iq));
    Account& account = *passkey.account;
    OnLinked done = std::exchange(passkey.done, nullptr);
    connection.registration->passkey.reset();
    offer(connection, account, request->secret, std::move(done));
    return true;
  }
  return false;
}

}  // namespace waxwing::simulator
