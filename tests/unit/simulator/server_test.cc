// SPDX-License-Identifier: Apache-2.0
// The simulator's strictness: what it notices, what it refuses, and that it leaves honest clients
// alone.
#include <malloc.h>

#include <numeric>

#include <gtest/gtest.h>

#include "scene.hpp"

namespace waxwing::simulator {
namespace {

md::Node query(std::string_view xmlns, std::string_view type, md::Node child) {
  return md::Node("iq")
      .set("to", md::server_jid())
      .set("type", type)
      .set("xmlns", xmlns)
      .set("id", "1")
      .add(std::move(child));
}

md::Node upload(const Identity& identity, std::vector<std::uint32_t> ids) {
  md::Node list("list");
  for (const std::uint32_t id : ids) {
    list.add(md::Node("key")
                 .add(md::Node("id").set_octets(prekey_id_octets(id)))
                 .add(md::Node("value").set_octets(md::Bytes(32, static_cast<std::uint8_t>(id)))));
  }
  const md::Signature signature =
      md::sign(identity.identity.secret, {md::with_key_type(identity.signed_prekey.open)});
  return query("encrypt", "set",
               md::Node("registration").set_octets(md::ByteView(md::to_be<4>(4242))))
      .add(md::Node("type").set_octets(md::Bytes{5}))
      .add(md::Node("identity").set_octets(md::ByteView(identity.identity.open)))
      .add(std::move(list))
      .add(md::Node("skey")
               .add(md::Node("id").set_octets(prekey_id_octets(1)))
               .add(md::Node("value").set_octets(md::ByteView(identity.signed_prekey.open)))
               .add(md::Node("signature").set_octets(md::ByteView(signature))));
}

TEST(SimulatorServer, AnHonestClientBreaksNoRule) {
  Scene scene;
  Identity identity;
  const auto client = scene.linked(identity, scene.alice);
  ASSERT_NE(client, nullptr);
  client->say(query("encrypt", "get", md::Node("count")));
  EXPECT_EQ(client->hear("iq").child("count")->text("value"), "0");
  client->say(upload(identity, {1, 2, 3}));
  EXPECT_EQ(client->hear("iq").text("type"), "result");
  client->say(query("passive", "set", md::Node("active")));
  EXPECT_EQ(client->hear("iq").text("type"), "result");
  EXPECT_EQ(client->hear("ib").child("offline")->text("count"), "0");
  EXPECT_EQ(scene.server.violations().total(), 0U)
      << scene.server.violations().latest().front().detail;
  EXPECT_EQ(scene.server.counts().other_encodings, 0U);
}

TEST(SimulatorServer, EveryPartOfARegistrationIsChecked) {
  using Change = void (*)(md::pb::DevicePairingData&);
  const Change changes[] = {
      [](auto& data) { data.set_build_hash(std::string(16, 'x')); },
      [](auto& data) { data.set_key_type("\x06"); },
      [](auto& data) { data.set_registration_id("abc"); },
      [](auto& data) { data.set_signed_prekey_id("abcd"); },
      [](auto& data) { data.set_identity("short"); },
      [](auto& data) { (*data.mutable_signed_prekey_signature())[5] ^= 1; },
      [](auto& data) { data.set_device_props("\xff"); },
  };
  for (const Change change : changes) {
    Scene scene;
    const Identity identity;
    auto payload = identity.registration();
    change(*payload.mutable_device_pairing_data());
    const auto client = scene.client();
    ASSERT_TRUE(client->connect(identity, payload));
    EXPECT_EQ(client->hear().text("reason"), "400");
    EXPECT_EQ(scene.violations("registration.payload"), 1U);
    scene.clock.advance(Connection::kLinger);
    EXPECT_TRUE(client->closed);
  }
}

TEST(SimulatorServer, APrekeyIsUploadedOnce) {
  Scene scene;
  Identity identity;
  const auto client = scene.linked(identity, scene.alice);
  client->say(upload(identity, {1, 2, 3}));
  client->say(upload(identity, {3, 4}));  // Sent again, as after a lost answer.
  EXPECT_EQ(scene.server.violations().total(), 0U);
  scene.alice.device(1)->prekeys.pop_front();
  client->say(upload(identity, {1}));  // It has been handed out.
  EXPECT_EQ(scene.violations("prekey.reused"), 1U);
}

TEST(SimulatorServer, KeysMustBeTheDevicesOwn) {
  Scene scene;
  Identity identity;
  const auto client = scene.linked(identity, scene.alice);
  Identity other = identity;
  other.identity = md::KeyPair::generate();
  client->say(upload(other, {1}));
  EXPECT_EQ(client->hear("iq").text("type"), "error");
  EXPECT_EQ(scene.violations("upload.identity"), 1U);
}

TEST(SimulatorServer, UnknownStanzasAreCountedAndAnswered) {
  Scene scene;
  Identity identity;
  const auto client = scene.linked(identity, scene.alice);
  client->say(query("nothing", "get", md::Node("x")));
  EXPECT_EQ(client->hear("iq").child("error")->text("code"), "501");
  client->say(md::Node("whatever"));
  client->say(md::Node("receipt").set("id", "A1").set("to", scene.alice.phone_jid(1)));
  client->say(md::Node("ack").set("id", "A2").set("class", "notification"));
  EXPECT_EQ(scene.violations("iq.unknown"), 1U);
  EXPECT_EQ(scene.violations("stanza.unknown"), 1U);
  EXPECT_EQ(scene.violations("receipt.never_delivered"), 1U);
  EXPECT_EQ(scene.violations("ack.never_sent"), 1U);
}

TEST(SimulatorServer, AFrameThatWasRepeatedEndsTheConnection) {
  Scene scene;
  Identity identity;
  const auto client = scene.linked(identity, scene.alice);
  const md::Bytes plain =
      md::encode(query("w:p", "get", md::Node("ping")), md::DictionaryVersion::V3).value();
  const md::Bytes frame = client->transport->seal(plain).value();
  client->say_octets(frame);
  EXPECT_EQ(client->hear("iq").text("type"), "result");
  client->say_octets(frame);
  scene.clock.advance(std::chrono::milliseconds(0));
  EXPECT_TRUE(client->closed);
  EXPECT_EQ(scene.violations("transport.untrusted"), 1U);
}

TEST(SimulatorServer, ADeviceIsKnownByItsKey) {
  Scene scene;
  Identity identity;
  const auto first = scene.linked(identity, scene.alice);
  const Identity stranger;
  const auto client = scene.client();
  ASSERT_TRUE(client->connect(stranger, stranger.login(15550001001, 1)));
  EXPECT_EQ(client->hear().text("reason"), "401");
  EXPECT_EQ(scene.violations("login.noise_key"), 1U);
  EXPECT_TRUE(first->connection->is_open()) << "the device itself stays";
}

TEST(SimulatorServer, TheSecondConnectionOfADeviceReplacesTheFirst) {
  Scene scene;
  Identity identity;
  const auto first = scene.linked(identity, scene.alice);
  const auto second = scene.client();
  ASSERT_TRUE(second->connect(identity, identity.login(15550001001, 1)));
  EXPECT_EQ(second->hear().tag(), "success");
  EXPECT_EQ(first->hear("stream:error").child("conflict")->text("type"), "replaced");
}

TEST(SimulatorServer, AnUnlinkedDeviceIsKickedAndStaysOut) {
  Scene scene;
  Identity identity;
  const auto client = scene.linked(identity, scene.alice);
  EXPECT_TRUE(scene.server.unlink(scene.alice, 1));
  EXPECT_EQ(client->hear("stream:error").text("code"), "401");
  EXPECT_FALSE(scene.server.unlink(scene.alice, 1));
  EXPECT_FALSE(scene.server.unlink(scene.alice, 0)) << "the phone itself";
  const auto again = scene.client();
  ASSERT_TRUE(again->connect(identity, identity.login(15550001001, 1)));
  EXPECT_EQ(again->hear().text("reason"), "401");
  EXPECT_EQ(scene.server.violations().total(), 0U);
}

TEST(SimulatorServer, UnlinkedClientsHaveToGoInTheEnd) {
  Scene scene;
  const Identity identity;
  const auto client = scene.client();
  ASSERT_TRUE(client->connect(identity, identity.registration()));
  EXPECT_EQ(scene.server.pairing().pending().size(), 1U);
  scene.clock.advance(scene.server.options().qr_lifetime);
  scene.clock.advance(std::chrono::milliseconds(0));
  EXPECT_TRUE(client->closed);
}

TEST(SimulatorServer, ANotificationWantsItsAcknowledgement) {
  Scene scene;
  Identity identity;
  auto client = scene.linked(identity, scene.alice);
  client->say(query("passive", "set", md::Node("active")));
  Identity other;
  ASSERT_NE(scene.linked(other, scene.alice), nullptr);
  client->say(md::Node("ib").add(md::Node("unified_session").set("id", "1")));
  client.reset();
  EXPECT_EQ(scene.server.violations().total(), 0U) << "it may have had no time";

  client = scene.client();
  ASSERT_TRUE(client->connect(identity, identity.login(15550001001, 1)));
  client->say(query("passive", "set", md::Node("active")));
  EXPECT_EQ(client->hear("notification").text("offline"), "1");
  scene.clock.advance(std::chrono::seconds(30));
  client.reset();
  EXPECT_EQ(scene.violations("ack.missing"), 1U);
}

TEST(SimulatorServer, NodesHaveOneEncoding) {
  Scene scene;
  Identity identity;
  const auto client = scene.linked(identity, scene.alice);
  // <iq> with a child, its tag written out though there is a token for it.
  const md::Bytes plain{0, 248, 2, 252, 2, 'i', 'q', 248, 1, 248, 1, 252, 1, 'x'};
  client->say_octets(client->transport->seal(plain).value());
  EXPECT_EQ(scene.violations("encoding.other"), 1U);
}

TEST(SimulatorServer, TheOtherDevicesHearOfANewOne) {
  Scene scene;
  Identity identity;
  const auto client = scene.linked(identity, scene.alice);
  client->say(query("passive", "set", md::Node("active")));
  Identity other;
  ASSERT_NE(scene.linked(other, scene.alice), nullptr);
  const md::Node notification = client->hear("notification");
  EXPECT_EQ(notification.text("type"), "account_sync");
  EXPECT_EQ(notification.child("devices")->children().size(), 4U) << "three devices and the list";
  EXPECT_EQ(scene.alice.device(1)->waiting.size(), 1U);
  client->say(md::Node("ack")
                  .set("id", notification.text("id"))
                  .set("class", "notification")
                  .set("to", *notification.jid("from")));
  EXPECT_TRUE(scene.alice.device(1)->waiting.empty());
}

// 10,000 clients with 812 prekeys each are to fit in 1 GB, sockets included.
TEST(SimulatorServer, AClientTakesLittleMemory) {
  constexpr std::size_t kClients = 50;
  std::vector<std::uint32_t> ids(812);
  std::iota(ids.begin(), ids.end(), 1U);
  Scene scene;
  std::vector<Identity> identities(kClients);
  std::vector<Account*> accounts;
  for (std::size_t i = 0; i < kClients; ++i) {
    accounts.push_back(scene.server.world().create(std::to_string(15550002000 + i), "someone"));
  }
  std::vector<std::unique_ptr<TestClient>> clients;
  const auto used = [] { return mallinfo2().uordblks; };
  const std::size_t before = used();
  for (std::size_t i = 0; i < kClients; ++i) {
    clients.push_back(scene.linked(identities[i], *accounts[i]));
    clients.back()->say(upload(identities[i], ids));
    EXPECT_EQ(clients.back()->hear("iq").text("type"), "result");
  }
  EXPECT_EQ(scene.alice.devices.size(), 1U);
  const std::size_t each = (used() - before) / kClients;
  RecordProperty("octets_per_client", std::to_string(each));
  EXPECT_LT(each, 60000U) << "octets per client, the test's own included";
}

}  // namespace
}  // namespace waxwing::simulator
