// SPDX-License-Identifier: Apache-2.0
// Registration by an eight-character code that the user types on the phone.
#include "multidevice/pair/link_code.hpp"

#include <algorithm>
#include <utility>

#include "connection.hpp"
#include "multidevice/crypto/random.hpp"
#include "registration.hpp"
#include "server.hpp"
#include "stanzas.hpp"

namespace waxwing::simulator {
namespace {

constexpr std::string_view kTag = "link_code_companion_reg";

md::ByteView octets_of(const md::Node& parent, std::string_view tag) {
  const md::Node* child = parent.child(tag);
  return child == nullptr ? md::ByteView{} : child->octets();
}

// "Browser (OS)": the server insists on it.
bool is_display(std::string_view text) {
  const std::size_t open = text.find(" (");
  return open != std::string_view::npos && open > 0 && text.back() == ')' && text.size() > open + 3;
}

}  // namespace

void Pairing::on_code_stanza(Connection& connection, const md::Node& iq, const md::Node& request) {
  const std::string_view stage = request.text("stage");
  if (stage == "companion_hello") {
    return on_companion_hello(connection, iq, request);
  }
  if (stage == "companion_finish") {
    return on_companion_finish(connection, iq, request);
  }
  server_.violate(connection, "link_code.stage", std::string(stage));
  connection.send(error_of(iq, 400, "bad-request"));
}

void Pairing::on_companion_hello(Connection& connection, const md::Node& iq,
                                 const md::Node& request) {
  const md::ByteView wrapped =
      octets_of(request, "link_code_pairing_wrapped_companion_ephemeral_pub");
  const md::ByteView server_key = octets_of(request, "companion_server_auth_key_pub");
  const std::string_view platform = md::as_text(octets_of(request, "companion_platform_id"));
  const std::string_view display = md::as_text(octets_of(request, "companion_platform_display"));
  const md::PublicKey& noise_key = connection.noise_key();
  const auto refuse = [&](std::string_view what) {
    server_.violate(connection, "link_code.hello", std::string(what));
    connection.send(error_of(iq, 400, "bad-request"));
  };
  if (wrapped.size() != md::kWrappedKeyBytes) {
    return refuse("the wrapped key does not have 80 octets");
  }
  if (!std::equal(server_key.begin(), server_key.end(), noise_key.begin(), noise_key.end())) {
    return refuse("companion_server_auth_key_pub is not the connection's key");
  }
  if (platform.size() != 1) {
    return refuse("companion_platform_id is not one character");
  }
  if (!is_display(display)) {
    return refuse("companion_platform_display is not \"Browser (OS)\"");
  }
  if (octets_of(request, "link_code_pairing_nonce").empty()) {
    return refuse("link_code_pairing_nonce is missing");
  }
  const std::optional<md::Jid> jid = request.jid("jid");
  Account* account = jid ? server_.world().find(*jid) : nullptr;
  if (account == nullptr) {
    connection.send(error_of(iq, 404, "item-not-found"));
    return;
  }
  Registration::Code code;
  code.account = account;
  code.ref = "2@" + md::to_base64(md::random_bytes(15));
  code.wrapped_ephemeral = md::to_bytes(wrapped);
  code.display = display;
  connection.send(result_of(iq).add(
      md::Node(kTag)
          .set("stage", "companion_hello")
          .add(md::Node("link_code_pairing_ref").set_octets(md::as_bytes(code.ref)))));
  connection.registration->code = std::move(code);
}

void Pairing::enter_code(Account& account, std::string_view text, OnLinked done) {
  std::shared_ptr<Connection> connection;
  for (const auto& [ref, weak] : by_ref_) {
    const auto candidate = weak.lock();
    if (candidate && candidate->registration->code &&
        candidate->registration->code->account == &account && !candidate->registration->offer) {
      connection = candidate;
    }
  }
  if (!connection) {
    return done({false, "no client waits for a code of this number"});
  }
  const std::optional<std::string> typed = md::normalise_link_code(text);
  if (!typed) {
    return done({false, "this is no code"});
  }
  Registration::Code& code = *connection->registration->code;
  const md::Bytes salt = md::random_bytes(md::kLinkCodeSaltBytes);
  // Its size was checked when it came. A wrong code gives a wrong key, which only shows at the end.
  const md::ByteView their_salt = md::wrapped_salt(code.wrapped_ephemeral).value();
  const md::PublicKey companion_ephemeral =
      md::unwrap_key(md::derive_code_key(*typed, their_salt), code.wrapped_ephemeral).value();
  if (code.done) {
    code.done({false, "another code was entered"});
  }
  code.link = {md::KeyPair::generate(), companion_ephemeral};
  code.done = std::move(done);
  const md::Bytes wrapped =
      md::wrap_key(md::derive_code_key(*typed, salt), salt, code.link->ephemeral.open);
  connection->send(
      md::Node("notification")
          .set("from", md::server_jid())
          .set("type", kTag)
          .set("id", connection->next_id())
          .set("t", server_.clock().now_s())
          .add(md::Node(kTag)
                   .set("stage", "primary_hello")
                   .add(md::Node("link_code_pairing_wrapped_primary_ephemeral_pub")
                            .set_octets(md::ByteView(wrapped)))
                   .add(md::Node("primary_identity_pub")
                            .set_octets(md::ByteView(account.identity.open)))
                   .add(md::Node("link_code_pairing_ref").set_octets(md::as_bytes(code.ref)))));
}

void Pairing::on_companion_finish(Connection& connection, const md::Node& iq,
                                  const md::Node& request) {
  std::optional<Registration::Code>& code = connection.registration->code;
  const auto identity = md::to_array<32>(octets_of(request, "companion_identity_public"));
  if (!code || !code->link || !identity || *identity != connection.registration->identity ||
      md::as_text(octets_of(request, "link_code_pairing_ref")) != code->ref) {
    server_.violate(connection, "link_code.finish", "it fits to no code that was entered");
    return connection.send(error_of(iq, 400, "bad-request"));
  }
  connection.send(result_of(iq));
  const OnLinked done = std::exchange(code->done, nullptr);
  const md::Result<md::AdvSecret> secret = md::finish_as_primary(
      code->link->ephemeral, code->account->identity, code->link->companion_ephemeral, *identity,
      octets_of(request, "link_code_pairing_wrapped_key_bundle"));
  code->link.reset();
  if (!secret) {
    // The client hears nothing of it: its code just never leads anywhere.
    return done({false, secret.error().fault() == md::Fault::Untrusted ? "the code does not fit"
                                                                       : secret.error().message()});
  }
  offer(connection, *code->account, *secret, done);
}

}  // namespace waxwing::simulator
