// SPDX-License-Identifier: Apache-2.0
// A linked device: login, prekeys, staying alive, small losses, logout.
#include <multidevice/proto/client_payload.pb.h>
#include <set>

#include <gtest/gtest.h>

#include "unit/multidevice/session/world.hpp"

namespace waxwing::multidevice {
namespace {

class Login : public ::testing::Test {
 protected:
  void SetUp() override {
    world.pair_and_log_in();
    while (!world.silent()) {
      (void)world.heard();
    }
  }
  // A new process connects; the server waits for what it says after success.
  void restart() {
    world.kill();
    world.pattern.reset();
    world.boot().start();
    world.accept();
    world.run_work();
  }
  World world;
};

TEST_F(Login, ResumesWithTheKnownServerAndNeedsNoCode) {
  const std::size_t codes = world.qrs.size();
  restart();
  EXPECT_EQ(world.pattern, NoisePattern::Ik);
  EXPECT_EQ(world.client().counters().resumed, 1U);
  pb::ClientPayload payload;
  ASSERT_TRUE(payload.ParseFromString(to_string(ByteView(world.client_payload))));
  EXPECT_EQ(payload.username(), 15550001001U);
  EXPECT_EQ(payload.device(), 1U);
  world.serve(Node("success").set("t", std::uint64_t{1}));
  world.answer(world.heard("count"), {Node("count").set("value", std::uint64_t{100})});
  world.answer(world.heard("active"));
  EXPECT_EQ(world.client().state(), ClientState::Working);
  EXPECT_EQ(world.qrs.size(), codes);
  EXPECT_EQ(world.rows_in(rows::kPrekeys), 812U);
}

TEST_F(Login, TriesWithoutMemoryWhenTheServerChangedItsKey) {
  world.server_key = KeyPair::generate();
  world.leaf.key = world.server_key.open;
  restart();
  EXPECT_EQ(world.pattern, NoisePattern::XxFallback);
  world.settle();
  restart();
  EXPECT_EQ(world.pattern, NoisePattern::Ik);
}

TEST_F(Login, NeverBelievesAServerBecauseItIsInAHurry) {
  world.server_key = KeyPair::generate();  // the certificate is still for the elder key
  restart();
  EXPECT_EQ(world.client().state(), ClientState::Starting);
  world.settle();
  world.advance(2'000);
  world.accept();
  world.run_work();
  EXPECT_EQ(world.client().state(), ClientState::Failed);
  EXPECT_EQ(world.states.back().reason, "untrusted_server");
  EXPECT_EQ(world.rows_in(rows::kDevice), 2U) << "the credentials stay";
}

TEST_F(Login, NeverHandsOutAPrekeyTwice) {
  std::set<std::string> ids;
  std::set<std::string> values;
  const auto collect = [&](const Node& upload) {
    for (const Node& key : upload.child("list")->children()) {
      EXPECT_TRUE(ids.insert(to_hex(key.child("id")->octets())).second);
      EXPECT_TRUE(values.insert(to_hex(key.child("value")->octets())).second);
    }
  };
  // Killed with keys stored, with keys sent, and not at all.
  for (const char* killed : {"stored", "sent", "no"}) {
    restart();
    world.serve(Node("success").set("t", std::uint64_t{1}));
    world.answer(world.heard("count"), {Node("count").set("value", std::uint64_t{1})});
    EXPECT_TRUE(world.silent()) << "nothing may leave before it is durable";
    world.settle();
    const Node upload = world.heard("list");
    if (std::string_view(killed) != "stored") {
      collect(upload);
    }
    if (std::string_view(killed) == "no") {
      world.answer(upload);
      world.answer(world.heard("active"));
    }
  }
  EXPECT_EQ(ids.size(), 100U);
  EXPECT_EQ(world.rows_in(rows::kPrekeys), 812U + 150U);
  EXPECT_EQ(world.client().state(), ClientState::Working);
}

TEST_F(Login, UploadsWhatTheStoreHolds) {
  restart();
  world.serve(Node("success").set("t", std::uint64_t{1}));
  world.answer(world.heard("count"), {Node("count").set("value", std::uint64_t{0})});
  world.settle();
  const Node upload = world.heard("list");
  EXPECT_EQ(from_be(upload.child("registration")->octets()),
            world.client().record()->registration_id);
  EXPECT_EQ(upload.child("type")->octets()[0], kKeyType);
  const Node& skey = *upload.child("skey");
  const auto identity = to_array<32>(upload.child("identity")->octets());
  const auto prekey = to_array<32>(skey.child("value")->octets());
  EXPECT_TRUE(verify(*identity, {with_key_type(*prekey)}, skey.child("signature")->octets()));
  const Node& key = *upload.child("list")->first_child();
  const Bytes& stored = world.disk[{"prekeys", to_hex(key.child("id")->octets())}];
  EXPECT_EQ(to_bytes(KeyPair::from_private(*PrivateKey::from(stored)).open),
            to_bytes(key.child("value")->octets()));
}

TEST_F(Login, RefillsWhenTheServerAsks) {
  world.serve(Node("notification")
                  .set("from", server_jid())
                  .set("type", "encrypt")
                  .set("id", "n7")
                  .add(Node("count").set("value", std::uint64_t{2})));
  const Node ack = world.heard();
  EXPECT_EQ(ack.tag(), "ack");
  EXPECT_EQ(ack.text("class"), "notification");
  EXPECT_EQ(ack.text("id"), "n7");
  world.settle();
  EXPECT_EQ(world.heard("list").child("list")->children().size(), 50U);
}

TEST_F(Login, GoesOnlineThoughPrekeysCannotBeCounted) {
  restart();
  world.serve(Node("success").set("t", std::uint64_t{1}));
  const Node count = world.heard("count");
  Node error("iq");
  error.set("type", "error").set("id", count.text("id"));
  world.serve(error.add(Node("error").set("code", "503")));
  const Node active = world.heard("active");
  EXPECT_EQ(world.client().state(), ClientState::Starting);
  world.advance(25'000);
  world.serve(Node("presence"));
  world.answer(active);
  EXPECT_EQ(world.client().state(), ClientState::Working);
}

TEST_F(Login, AnswersPingsOfTheServer) {
  world.serve(Node("iq")
                  .set("from", server_jid())
                  .set("type", "get")
                  .set("xmlns", "urn:xmpp:ping")
                  .set("id", "p1"));
  const Node reply = world.heard();
  EXPECT_EQ(reply.text("type"), "result");
  EXPECT_EQ(reply.text("id"), "p1");
  // Some come without a type.
  world.serve(Node("iq").set("from", server_jid()).set("xmlns", "urn:xmpp:ping").set("id", "p2"));
  EXPECT_EQ(world.heard().text("id"), "p2");
}

TEST_F(Login, StaysAliveWhileItIsAnswered) {
  for (int minute = 0; minute < 10; ++minute) {
    for (int i = 0; i < 12; ++i) {
      world.advance(5'000);
      while (!world.silent()) {
        const Node ping = world.heard();
        EXPECT_EQ(ping.text("xmlns"), "w:p");
        world.answer(ping);
      }
    }
  }
  EXPECT_EQ(world.connections, 2);
  EXPECT_EQ(world.client().counters().dead_connections, 0U);
}

TEST_F(Login, LeavesADeadConnection) {
  // A ping after 20 to 30 s, 15 s for anything to come. Step by step: the reconnect has to be seen
  // before the loss has lasted too long.
  for (int i = 0; i < 450 && world.connections == 2; ++i) {
    world.advance(100);
  }
  EXPECT_EQ(world.client().counters().dead_connections, 1U);
  EXPECT_EQ(world.connections, 3);
  EXPECT_EQ(world.client().state(), ClientState::Working) << "a short loss is nobody's business";
  EXPECT_FALSE(world.link);
}

TEST_F(Login, KeepsWorkingThroughAShortLoss) {
  const std::size_t states = world.states.size();
  world.lose();
  EXPECT_FALSE(world.link);
  world.advance(1'501);
  ASSERT_EQ(world.connections, 3);
  world.accept();
  world.run_work();
  world.serve(Node("success").set("t", std::uint64_t{1}));
  world.answer(world.heard("count"), {Node("count").set("value", std::uint64_t{100})});
  world.answer(world.heard("active"));
  EXPECT_TRUE(world.link);
  world.advance(15'000);
  EXPECT_EQ(world.states.size(), states);
}

TEST_F(Login, IsStartingAfterALongLoss) {
  world.lose();
  world.advance(9'999);
  EXPECT_EQ(world.client().state(), ClientState::Working);
  world.advance(1);
  EXPECT_EQ(world.client().state(), ClientState::Starting);
  EXPECT_EQ(world.states.back().reason, "connection_lost");
}

TEST_F(Login, WaitsLongerEachTimeButNotForEver) {
  world.lose();
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 12; ++i) {
    const std::int64_t before = world.now_ms();
    const int connections = world.connections;
    while (world.connections == connections) {
      world.advance(100);
    }
    waits.push_back(world.now_ms() - before);
    world.lose();
  }
  EXPECT_LE(waits[0], 1'600);
  EXPECT_GE(waits[5], 8'000);
  for (const std::int64_t wait : waits) {
    EXPECT_LE(wait, 90'100);
  }
}

TEST_F(Login, RemembersItsRoute) {
  world.serve(
      Node("ib")
          .set("from", server_jid())
          .add(Node("edge_routing").add(Node("routing_info").set_octets(as_bytes("edge")))));
  world.settle();
  EXPECT_EQ(to_string(RouteRecord::decode(world.disk[{"device", "route"}]).routing_info), "edge");
}

TEST_F(Login, CleansWhatIsDirty) {
  world.serve(Node("ib")
                  .set("from", server_jid())
                  .add(Node("dirty").set("type", "account_sync").set("timestamp", "5")));
  const Node clean = world.heard("clean");
  EXPECT_EQ(clean.text("xmlns"), "urn:xmpp:whatsapp:dirty");
  EXPECT_EQ(clean.child("clean")->text("timestamp"), "5");
}

TEST_F(Login, AcknowledgesButLeavesMessages) {
  world.serve(Node("receipt")
                  .set("from", *Jid::parse("1@s.whatsapp.net"))
                  .set("id", "r1")
                  .set("type", "read"));
  const Node ack = world.heard();
  EXPECT_EQ(ack.text("class"), "receipt");
  EXPECT_EQ(ack.text("type"), "read");
  EXPECT_EQ(ack.jid("to")->user, "1");
  world.serve(Node("message").set("from", *Jid::parse("1@s.whatsapp.net")).set("id", "m1"));
  EXPECT_TRUE(world.silent());
  EXPECT_EQ(world.stanzas.back().tag(), "message");
}

TEST_F(Login, RotatesItsSignedPrekeyOnceAMonth) {
  const std::uint32_t id = world.client().record()->signed_prekey.id;
  world.kill();
  world.advance(0);
  for (int day = 0; day < 31; ++day) {
    world.advance(86'400'000);
  }
  restart();
  world.serve(Node("success").set("t", std::uint64_t{1}));
  world.answer(world.heard("count"), {Node("count").set("value", std::uint64_t{100})});
  world.answer(world.heard("active"));
  world.settle();
  const Node rotate = world.heard("rotate");
  EXPECT_EQ(from_be(rotate.child("rotate")->child("skey")->child("id")->octets()), id + 1);
  const auto stored = DeviceRecord::decode(world.disk[{"device", "creds"}]);
  EXPECT_EQ(stored->signed_prekey.id, id + 1);
  EXPECT_EQ(stored->previous_signed_prekey.id, id);
}

TEST_F(Login, LogsOutAndSaysSo) {
  bool done = false;
  world.client().logout([&] { done = true; });
  const Node iq = world.heard("remove-companion-device");
  EXPECT_EQ(iq.child("remove-companion-device")->jid("jid")->to_string(),
            "15550001001:1@s.whatsapp.net");
  EXPECT_FALSE(done);
  world.answer(iq);
  EXPECT_TRUE(done);
  EXPECT_FALSE(world.connection_open);
  EXPECT_EQ(world.client().state(), ClientState::Stopped);
}

TEST_F(Login, LogsOutHoweverTheServerTakesIt) {
  bool done = false;
  world.client().logout([&] { done = true; });
  world.serve(
      Node("stream:error").set("code", "401").add(Node("conflict").set("type", "device_removed")));
  EXPECT_TRUE(done);
  EXPECT_EQ(world.client().state(), ClientState::Stopped);
  EXPECT_NE(world.states.back().state, ClientState::Failed);
}

TEST_F(Login, LogsOutWithoutAnAnswer) {
  bool done = false;
  world.client().logout([&] { done = true; });
  world.advance(5'000);
  EXPECT_TRUE(done);
}

TEST_F(Login, StopsWithoutAWord) {
  world.client().stop();
  EXPECT_TRUE(world.silent());
  EXPECT_FALSE(world.connection_open);
  world.advance(3'600'000);
  EXPECT_EQ(world.connections, 2);
}

TEST(NowebLogin, AsksWhatABrowserAsks) {
  Personality browser;
  browser.asks_digest = true;
  browser.asks_settings = true;
  browser.asks_offline_batch = true;
  browser.ping_has_child = true;
  World world(browser);
  world.boot().start();
  world.accept();
  world.run_work();
  world.offer_refs();
  world.serve(world.scanned());
  world.settle();
  world.lose();
  world.advance(1);
  world.accept();
  world.run_work();
  world.log_in();
  const Node digest_query = world.heard("digest");
  EXPECT_EQ(world.client().state(), ClientState::Starting);
  Node digest("digest");
  const DeviceRecord& record = *world.client().record();
  digest.add(Node("registration").set_octets(to_bytes(to_be<4>(record.registration_id))));
  digest.add(Node("identity").set_octets(to_bytes(record.identity.open)));
  digest.add(Node("skey")
                 .add(Node("id").set_octets(to_bytes(to_be<3>(record.signed_prekey.id))))
                 .add(Node("value").set_octets(to_bytes(record.signed_prekey.key.open))));
  world.answer(digest_query, {std::move(digest)});
  EXPECT_EQ(world.client().state(), ClientState::Working);
  (void)world.heard("unified_session");
  EXPECT_EQ(world.heard("props").text("xmlns"), "abt");
  EXPECT_EQ(world.heard().text("xmlns"), "blocklist");
  EXPECT_EQ(world.heard().text("xmlns"), "privacy");
  EXPECT_TRUE(world.silent());
  world.serve(Node("ib").add(Node("offline_preview").set("count", "3")));
  EXPECT_EQ(world.heard("offline_batch").child("offline_batch")->text("count"), "100");
}

}  // namespace
}  // namespace waxwing::multidevice
