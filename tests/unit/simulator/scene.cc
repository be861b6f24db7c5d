// SPDX-License-Identifier: Apache-2.0
// The scene's client.
#include "scene.hpp"

#include "multidevice/crypto/hash.hpp"
#include "multidevice/crypto/random.hpp"
#include "multidevice/crypto/signature.hpp"
#include "multidevice/noise/intro.hpp"
#include "multidevice/pair/device_identity.hpp"

namespace waxwing::simulator {
namespace {

namespace pb = md::pb;

std::string text_of(md::ByteView octets) {
  return md::to_string(octets);
}

pb::ClientPayload common_payload() {
  pb::ClientPayload payload;
  pb::UserAgent& agent = *payload.mutable_user_agent();
  agent.set_platform(pb::UserAgent::WEB);
  agent.mutable_app_version()->set_primary(2);
  agent.mutable_app_version()->set_secondary(3000);
  agent.mutable_app_version()->set_tertiary(1045649367);
  payload.mutable_web_info()->set_web_sub_platform(pb::WebInfo::WEB_BROWSER);
  return payload;
}

}  // namespace

void FakeClock::advance(std::chrono::milliseconds by) {
  now_ += by;
  while (!tasks_.empty() && tasks_.begin()->first <= now_) {
    const auto task = std::move(tasks_.extract(tasks_.begin()).mapped());
    task();
  }
}

pb::ClientPayload Identity::registration() const {
  pb::ClientPayload payload = common_payload();
  pb::DevicePairingData& data = *payload.mutable_device_pairing_data();
  data.set_registration_id(text_of(md::to_be<4>(4242)));
  data.set_key_type("\x05");
  data.set_identity(text_of(identity.open));
  data.set_signed_prekey_id(text_of(md::to_be<3>(1)));
  data.set_signed_prekey(text_of(signed_prekey.open));
  data.set_signed_prekey_signature(
      text_of(md::sign(identity.secret, {md::with_key_type(signed_prekey.open)})));
  data.set_build_hash(text_of(md::md5(md::as_bytes("2.3000.1045649367"))));
  pb::DeviceProps props;
  props.set_os("Test");
  data.set_device_props(props.SerializeAsString());
  return payload;
}

pb::ClientPayload Identity::login(std::uint64_t phone, std::uint32_t device) const {
  pb::ClientPayload payload = common_payload();
  payload.set_username(phone);
  payload.set_device(device);
  payload.set_passive(true);
  payload.set_pull(true);
  return payload;
}

std::string Identity::qr(const std::string& ref) const {
  return md::make_qr({ref, noise.open, identity.open, adv_secret, "9"});
}

TestClient::TestClient(Server& server, FakeClock& clock)
    : connection(std::make_shared<Connection>(server, *this)),
      clock_(clock),
      root_(server.certificates().root()) {}

TestClient::~TestClient() {
  connection->on_closed();
}

void TestClient::send(md::Bytes message) {
  ++messages;
  const md::Status status = splitter_.feed(message, [this](md::ByteView frame) {
    frames_.push_back(md::to_bytes(frame));
    return md::Status::ok();
  });
  status.is_ok() ? void() : throw status.message();
}

bool TestClient::connect(const Identity& identity, const pb::ClientPayload& payload) {
  const md::Header header = md::make_header(3);
  md::Initiator::Params params;
  params.static_key = identity.noise;
  params.header = header;
  params.payload = md::to_bytes(md::as_bytes(payload.SerializeAsString()));
  params.root = root_;
  params.now_s = clock_.now_s();
  md::Initiator initiator(std::move(params));
  md::Bytes first = md::encode_intro({{}, header});
  md::append(first, md::encode_frame(initiator.hello().value()).value());
  say_octets(first);
  if (frames_.empty()) {
    return false;
  }
  auto outcome = initiator.on_server_hello(frames_.front());
  frames_.erase(frames_.begin());
  if (!outcome) {
    return false;
  }
  transport.emplace(std::move(outcome->transport));
  say_octets(md::encode_frame(outcome->finish).value());
  return true;
}

void TestClient::say(const md::Node& stanza) {
  const md::Bytes plain = md::encode(stanza, md::DictionaryVersion::V3).value();
  say_octets(transport->seal(plain).value());
}

md::Node TestClient::hear() {
  clock_.advance(std::chrono::milliseconds(0));
  if (frames_.empty()) {
    return {};
  }
  const md::Bytes frame = std::move(frames_.front());
  frames_.erase(frames_.begin());
  return md::decode(transport->open(frame).value(), md::DictionaryVersion::V3).value();
}

md::Node TestClient::hear(std::string_view tag) {
  for (;;) {
    md::Node stanza = hear();
    if (stanza.tag().empty() || stanza.tag() == tag) {
      return stanza;
    }
  }
}

std::unique_ptr<TestClient> Scene::linked(Identity& identity, Account& account) {
  auto pairing = client();
  if (!pairing->connect(identity, identity.registration())) {
    return nullptr;
  }
  const md::Node refs = pairing->hear();
  const std::string ref(refs.child("pair-device")->first_child()->octets_as_text());
  server.pairing().scan(account, identity.qr(ref), [](const LinkOutcome&) {});
  const md::Node success = pairing->hear();
  const md::Node& parts = *success.child("pair-success");
  const md::AdvSecret* secrets[] = {&identity.adv_secret};
  const md::AcceptResult accepted = md::accept_device_identity(
      parts.child("device-identity")->octets(), secrets, identity.identity);
  const std::uint16_t device = parts.child("device")->jid("jid")->device;
  pairing->say(md::Node("iq")
                   .set("to", md::server_jid())
                   .set("type", "result")
                   .set("id", success.text("id"))
                   .add(md::Node("pair-device-sign")
                            .add(md::Node("device-identity")
                                     .set("key-index", std::uint64_t{accepted.identity.key_index})
                                     .set_octets(md::Bytes(accepted.identity.reply)))));
  if (pairing->hear().number("code") != 515U) {
    return nullptr;
  }
  auto session = client();
  session->connect(identity, identity.login(std::stoull(account.phone), device));
  return session->hear().tag() == "success" ? std::move(session) : nullptr;
}

}  // namespace waxwing::simulator
