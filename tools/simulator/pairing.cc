// SPDX-License-Identifier: Apache-2.0
// Registration by QR code: what the server does, and when the phone is asked.
#include <algorithm>

#include "connection.hpp"
#include "multidevice/crypto/hash.hpp"
#include "multidevice/crypto/random.hpp"
#include "multidevice/pair/device_identity.hpp"
#include "multidevice/proto/adv.pb.h"
#include "multidevice/proto/client_payload.pb.h"
#include "registration.hpp"
#include "server.hpp"
#include "stanzas.hpp"

namespace waxwing::simulator {
namespace {

namespace pb = md::pb;

constexpr std::size_t kRefs = 6;

std::string version_text(const pb::AppVersion& version) {
  return std::to_string(version.primary()) + "." + std::to_string(version.secondary()) + "." +
         std::to_string(version.tertiary());
}

// Every part of a registration has one right form.
md::Result<Registration> read_registration(const pb::ClientPayload& payload) {
  const pb::DevicePairingData& data = payload.device_pairing_data();
  const auto identity = md::to_array<32>(md::as_bytes(data.identity()));
  const auto key = md::to_array<32>(md::as_bytes(data.signed_prekey()));
  const auto signature = md::to_array<64>(md::as_bytes(data.signed_prekey_signature()));
  if (!identity || !key || !signature) {
    return md::malformed("a key or signature of the registration has a wrong length");
  }
  if (data.registration_id().size() != 4 || data.signed_prekey_id().size() != 3) {
    return md::malformed("an id of the registration has a wrong length");
  }
  if (md::as_bytes(data.key_type()).size() != 1 || data.key_type()[0] != md::kKeyType) {
    return md::malformed("the key type of the registration is not 05");
  }
  if (!md::verify(*identity, {md::with_key_type(*key)}, *signature)) {
    return md::untrusted("the signature of the signed prekey does not hold");
  }
  Registration out;
  out.version = version_text(payload.user_agent().app_version());
  const md::Md5 hash = md::md5(md::as_bytes(out.version));
  if (data.build_hash() != md::as_text(hash)) {
    return md::malformed("the build hash is not that of version " + out.version);
  }
  pb::DeviceProps props;
  if (!props.ParseFromString(data.device_props()) || !props.has_os()) {
    return md::malformed("the device properties cannot be read");
  }
  if (payload.passive() || payload.pull()) {
    return md::malformed("a registration is neither passive nor does it pull");
  }
  out.os = props.os();
  out.identity = *identity;
  out.registration_id =
      static_cast<std::uint32_t>(md::from_be(md::as_bytes(data.registration_id())));
  out.signed_prekey.id =
      static_cast<std::uint32_t>(md::from_be(md::as_bytes(data.signed_prekey_id())));
  out.signed_prekey.key = *key;
  out.signed_prekey.signature = *signature;
  return out;
}

}  // namespace

void Pairing::begin(Connection& connection, md::ByteView octets) {
  pb::ClientPayload payload;
  if (!payload.ParseFromArray(octets.data(), static_cast<int>(octets.size()))) {
    return server_.refuse(connection, 400, "registration.payload", "it cannot be read");
  }
  md::Result<Registration> registration = read_registration(payload);
  if (!registration) {
    return server_.refuse(connection, 400, "registration.payload", registration.error().message());
  }
  connection.registration = std::make_unique<Registration>(std::move(*registration));
  send_refs(connection);
  // A client that nobody has linked by then has to come again.
  server_.clock().after(server_.options().qr_lifetime, [weak = connection.weak_from_this()] {
    if (const auto self = weak.lock(); self && self->registration && !self->registration->offer) {
      self->close();
    }
  });
}

void Pairing::send_refs(Connection& connection) {
  Registration& registration = *connection.registration;
  md::Node pair_device("pair-device");
  for (std::size_t i = 0; i < kRefs; ++i) {
    std::string ref = "2@" + md::to_base64(md::random_bytes(60));
    by_ref_[ref] = connection.weak_from_this();
    pair_device.add(md::Node("ref").set_octets(md::to_bytes(md::as_bytes(ref))));
    registration.refs.push_back(std::move(ref));
  }
  registration.refs_iq_id = connection.next_id();
  connection.send(md::Node("iq")
                      .set("from", md::server_jid())
                      .set("type", "set")
                      .set("id", registration.refs_iq_id)
                      .set("xmlns", "md")
                      .add(std::move(pair_device)));
}

void Pairing::on_gone(Connection& connection) {
  Registration& registration = *connection.registration;
  for (const std::string& ref : registration.refs) {
    by_ref_.erase(ref);
  }
  const LinkOutcome gone{false, "the client is gone"};
  if (registration.offer) {
    registration.offer->done(gone);
  } else if (registration.code && registration.code->done) {
    registration.code->done(gone);
  } else if (registration.passkey && registration.passkey->done) {
    registration.passkey->done(gone);
  }
}

bool Pairing::expire(std::string_view ref) {
  const auto found = by_ref_.find(ref);
  const auto connection = found == by_ref_.end() ? nullptr : found->second.lock();
  if (!connection) {
    return false;
  }
  connection->close();
  return true;
}

std::vector<Pairing::Pending> Pairing::pending() const {
  std::vector<Pending> out;
  std::vector<const Connection*> seen;
  for (const auto& [ref, weak] : by_ref_) {
    const auto connection = weak.lock();
    if (!connection || connection->registration->offer ||
        std::find(seen.begin(), seen.end(), connection.get()) != seen.end()) {
      continue;
    }
    seen.push_back(connection.get());
    const Registration& registration = *connection->registration;
    out.push_back({registration.refs, registration.os, registration.version,
                   connection->dictionary() == md::DictionaryVersion::V2,
                   registration.code ? registration.code->account->phone : std::string(),
                   registration.code ? registration.code->ref : std::string()});
  }
  return out;
}

void Pairing::scan(Account& account, std::string_view text, OnLinked done) {
  const md::Result<md::QrCode> qr = md::parse_qr(text);
  if (!qr) {
    return done({false, qr.error().message()});
  }
  const auto found = by_ref_.find(qr->ref);
  const auto connection = found == by_ref_.end() ? nullptr : found->second.lock();
  if (!connection || connection->registration->offer || connection->registration->passkey) {
    return done({false, "the QR code is unknown or has expired"});
  }
  if (qr->noise_key != connection->noise_key() ||
      qr->identity_key != connection->registration->identity) {
    server_.violate(*connection, "pairing.qr_keys", "the QR code names other keys");
    return done({false, "the QR code names other keys than the client's"});
  }
  if (server_.faults().demand_passkey) {
    return demand_passkey(*connection, account, qr->adv_secret, std::move(done));
  }
  offer(*connection, account, qr->adv_secret, std::move(done));
}

void Pairing::offer(Connection& connection, Account& account, const md::AdvSecret& adv_secret,
                    OnLinked done) {
  Registration& registration = *connection.registration;
  Registration::Offer offer;
  offer.iq_id = connection.next_id();
  offer.account = &account;
  offer.device = account.next_device++;
  offer.key_index = account.next_key_index++;
  const Faults& faults = server_.faults();
  const md::Bytes container = md::grant_device_for_test(
      {account.raw_id, server_.clock().now_s(), offer.key_index, registration.identity},
      account.identity, adv_secret,
      {faults.wrong_hmac, faults.wrong_account_signature, faults.hosted_prefix});
  offer.done = std::move(done);
  connection.send(md::Node("iq")
                      .set("from", md::server_jid())
                      .set("type", "set")
                      .set("id", offer.iq_id)
                      .set("xmlns", "md")
                      .set("t", server_.clock().now_s())
                      .add(md::Node("pair-success")
                               .add(md::Node("device-identity").set_octets(md::ByteView(container)))
                               .add(md::Node("device")
                                        .set("jid", account.phone_jid(offer.device))
                                        .set("lid", account.lid_jid(offer.device)))
                               .add(md::Node("platform").set("name", "android"))));
  registration.offer = std::move(offer);
}

void Pairing::on_stanza(Connection& connection, const md::Node& stanza) {
  Registration& registration = *connection.registration;
  const std::string_view type = stanza.text("type");
  const std::string_view id = stanza.text("id");
  // A client that asked for a code may think that it already has a name to show.
  if (stanza.tag() == "ack" || stanza.tag() == "presence" ||
      (stanza.tag() == "ib" && stanza.child("unified_session") != nullptr)) {
    return;
  }
  if (stanza.tag() != "iq") {
    return server_.violate(connection, "registration.stanza", md::to_text(stanza));
  }
  if (type == "get" && stanza.text("xmlns") == "w:p") {
    return server_.answer_ping(connection, stanza);
  }
  if (const md::Node* request = stanza.child("link_code_companion_reg");
      request != nullptr && type == "set") {
    return on_code_stanza(connection, stanza, *request);
  }
  if (on_passkey_stanza(connection, stanza)) {
    return;
  }
  if (id == registration.refs_iq_id && type == "result") {
    return;
  }
  if (registration.offer && id == registration.offer->iq_id) {
    return on_signed(connection, stanza);
  }
  server_.violate(connection, "registration.stanza", md::to_text(stanza));
}

md::Result<md::Bytes> Pairing::check_signed(Connection& connection, const md::Node& answer) const {
  const Registration& registration = *connection.registration;
  const Registration::Offer& offer = *registration.offer;
  const md::Node* sign = answer.child("pair-device-sign");
  const md::Node* identity = sign == nullptr ? nullptr : sign->child("device-identity");
  pb::AdvSignedDeviceIdentity signed_identity;
  if (identity == nullptr || !signed_identity.ParseFromString(md::to_string(identity->octets()))) {
    return md::malformed("pair-device-sign has no device identity");
  }
  if (identity->number("key-index") != offer.key_index) {
    return md::malformed("the key index is another");
  }
  const md::PublicKey& account_key = offer.account->identity.open;
  WAX_MD_TRY_VOID(
      md::check_countersignature(identity->octets(), account_key, registration.identity));
  signed_identity.set_account_signature_key(md::to_string(account_key));
  return md::to_bytes(md::as_bytes(signed_identity.SerializeAsString()));
}

void Pairing::on_signed(Connection& connection, const md::Node& answer) {
  Registration& registration = *connection.registration;
  const OnLinked done = std::move(registration.offer->done);
  registration.offer->done = [](const LinkOutcome&) {};
  if (answer.text("type") == "error") {
    const md::Node* error = answer.child("error");
    done({false, error == nullptr ? "the client refused"
                                  : "the client refused: " + std::string(error->text("text"))});
    return connection.close();
  }
  md::Result<md::Bytes> identity = check_signed(connection, answer);
  if (!identity) {
    server_.violate(connection, "pairing.sign", identity.error().message());
    done({false, identity.error().message()});
    return connection.close();
  }
  const Registration::Offer& offer = *registration.offer;
  Device device;
  device.number = offer.device;
  device.key_index = offer.key_index;
  device.noise_key = connection.noise_key();
  device.identity = registration.identity;
  device.registration_id = registration.registration_id;
  device.signed_prekey = registration.signed_prekey;
  device.device_identity = std::move(*identity);
  device.old_dictionary = connection.dictionary() == md::DictionaryVersion::V2;
  offer.account->devices.emplace(offer.device, std::move(device));
  server_.on_devices_changed(*offer.account, offer.device);
  done({true, offer.account->phone_jid(offer.device).to_string()});
  if (server_.faults().no_restart) {
    return connection.close();
  }
  connection.end_stream(515);
}

}  // namespace waxwing::simulator
