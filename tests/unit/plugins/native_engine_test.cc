// SPDX-License-Identifier: Apache-2.0
// A native engine as a server drives it: link, work, stop, start, be unlinked. Built once per
// engine.
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <waxwing/plugin.hpp>
#include <waxwing/plugin/testing.hpp>

#include "multidevice/binary/codec.hpp"
#include "multidevice/noise/frame.hpp"
#include "multidevice/noise/responder.hpp"
#include "multidevice/pair/device_identity.hpp"
#include "multidevice/pair/qr.hpp"

namespace {

using namespace waxwing::multidevice;
using namespace waxwing::plugin::testing;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Json = nlohmann::json;

const std::string kEngine = WAX_TEST_ENGINE;

// A WhatsApp with one account, that says yes to everything.
class Far {
 public:
  explicit Far(FakeHost& host) : host_(host) {
    host.net.on_open = [this](FakeSocket& socket) {
      int open = 0;
      for (const auto& other : host_.net.sockets) {
        open += other->is_over() ? 0 : 1;
      }
      most_open = std::max(most_open, open);
      if (refuses) {
        socket.refuse("connect_refused");
        return;
      }
      socket.accept();
      socket_ = &socket;
      responder_.reset();
      transport_.reset();
      splitter_ = FrameSplitter();
    };
    host.net.on_message = [this](FakeSocket&, const std::string& data, bool) {
      hear(as_bytes(data));
    };
    host.net.on_close = [](FakeSocket& socket) { socket.close(); };
  }

  [[nodiscard]] std::string root_hex() const { return to_hex(root_.open); }
  void say(const Node& node) {
    socket_->send(to_string(*transport_->seal(*encode(node, DictionaryVersion::V3))));
  }
  void scan(const std::string& qr) {
    const auto code = parse_qr(qr);
    ASSERT_TRUE(code);
    const Bytes container = grant_device({1, 2, 1, code->identity_key}, account_, code->adv_secret);
    Node success("pair-success");
    success.add(Node("device-identity").set_octets(to_bytes(container)));
    success.add(Node("device")
                    .set("jid", *Jid::parse("15550001001:3@s.whatsapp.net"))
                    .set("lid", *Jid::parse("100000000000001:3@lid")));
    say(Node("iq")
            .set("from", server_jid())
            .set("type", "set")
            .set("id", "s")
            .add(std::move(success)));
    host_.run();
    host_.advance(100);
  }
  FakeSocket& socket() { return *socket_; }

  bool refuses = false;
  int most_open = 0;
  std::vector<Node> heard;

 private:
  void hear(ByteView octets) {
    Reader reader(octets);
    if (!responder_ && !transport_) {
      const auto intro = take_intro(reader);
      ASSERT_TRUE(intro && intro->has_value());
      const KeyPair issuer = KeyPair::generate();
      Responder::Params params;
      params.static_key = key_;
      params.header = (*intro)->header;
      params.chain = make_chain(root_.secret, {1, 0, issuer.open, 1, 9'000'000'000}, issuer.secret,
                                {2, 1, key_.open, 1, 9'000'000'000});
      responder_ = std::make_unique<Responder>(std::move(params));
    }
    ASSERT_TRUE(splitter_.feed(reader.rest(), [this](ByteView frame) {
      on_frame(frame);
      return Status::ok();
    }));
  }
  void on_frame(ByteView frame) {
    if (transport_) {
      const auto node = decode(*transport_->open(frame), DictionaryVersion::V3);
      ASSERT_TRUE(node);
      heard.push_back(*node);
      answer(*node);
    } else if (auto finish = responder_->on_client_finish(frame)) {
      welcome(std::move(*finish));
    } else {
      auto hello = responder_->on_client_hello(frame);
      ASSERT_TRUE(hello);
      socket_->send(to_string(*encode_frame(hello->hello)));
      if (hello->client) {
        welcome(std::move(*hello->client));
      }
    }
  }
  void welcome(Responder::Client client) {
    transport_.emplace(std::move(client.transport));
    responder_.reset();
    if (client.static_key == paired_) {
      say(Node("success").set("t", std::uint64_t{1'800'000'000}).set("display_name", "Alice"));
      return;
    }
    if (paired_ != PublicKey{} && linked) {
      say(Node("failure").set("reason", "401"));
      return;
    }
    waiting_ = client.static_key;
    Node device("pair-device");
    for (int i = 0; i < 6; ++i) {
      device.add(Node("ref").set_octets(as_bytes("ref" + std::to_string(i))));
    }
    say(Node("iq")
            .set("from", server_jid())
            .set("type", "set")
            .set("id", "d")
            .add(std::move(device)));
  }
  void answer(const Node& node) {
    if (node.child("pair-device-sign") != nullptr) {
      paired_ = waiting_;
      say(Node("stream:error").set("code", "515"));
      return;
    }
    if (node.tag() != "iq" || node.text("type") == "result") {
      return;
    }
    Node reply("iq");
    reply.set("from", server_jid()).set("type", "result").set("id", node.text("id"));
    if (node.child("count") != nullptr) {
      reply.add(Node("count").set("value", std::uint64_t{prekeys_}));
    } else if (const Node* list = node.child("list")) {
      prekeys_ = list->children().size();
      upload_ = node;
    } else if (node.child("digest") != nullptr) {
      Node digest("digest");
      for (const char* part : {"registration", "identity", "skey"}) {
        digest.add(*upload_.child(part));
      }
      reply.add(std::move(digest));
    } else if (node.child("link_code_companion_reg") != nullptr) {
      reply.add(Node("link_code_companion_reg")
                    .add(Node("link_code_pairing_ref").set_octets(as_bytes("r"))));
    } else if (node.child("remove-companion-device") != nullptr) {
      paired_ = {};
    }
    say(reply);
  }

  FakeHost& host_;
  FakeSocket* socket_ = nullptr;
  KeyPair root_ = KeyPair::generate();
  KeyPair key_ = KeyPair::generate();
  KeyPair account_ = KeyPair::generate();
  PublicKey waiting_{};
  PublicKey paired_{};
  std::size_t prekeys_ = 0;
  Node upload_;
  std::unique_ptr<Responder> responder_;
  std::optional<Transport> transport_;
  FrameSplitter splitter_;

 public:
  bool linked = false;
};

class NativeEngine : public ::testing::Test {
 protected:
  // Whatever a test does, the engine must not have broken a rule on the way.
  void TearDown() override {
    EXPECT_LE(far.most_open, 1) << "two connections of one device";
    EXPECT_THAT(host.finish(), IsEmpty());
  }
  FakeSession& create(const std::string& name = "default") {
    return host.create(name,
                       Json{{"root_key", far.root_hex()}, {"endpoint", "ws://far/ws/chat"}}.dump());
  }
  FakeSession& started() {
    FakeSession& session = create();
    EXPECT_TRUE(session.start().ok());
    host.advance(10);
    return session;
  }
  FakeSession& working() {
    FakeSession& session = started();
    far.scan(session.qrs.back().text);
    host.advance(100);
    EXPECT_EQ(session.state(), WAX_SESSION_WORKING);
    return session;
  }
  std::size_t rows() { return host.store.tenant("default").size(); }
  static bool connected(const FakeSession& session) {
    const Json info = Json::parse(session.engine_info);
    return kEngine == "GOWS" ? info["gows"]["connected"].get<bool>()
                             : info["connected"].get<bool>();
  }

  FakeHost host{wax_module_v1()};
  Far far{host};
};

TEST_F(NativeEngine, IsWhatItSays) {
  EXPECT_EQ(host.engine().id, kEngine);
  EXPECT_EQ(Json::parse(host.engine().config_schema)["type"], "object");
}

TEST_F(NativeEngine, LinksByQr) {
  FakeSession& session = started();
  EXPECT_EQ(session.state(), WAX_SESSION_SCAN_QR_CODE);
  ASSERT_THAT(session.qrs, SizeIs(1));
  EXPECT_EQ(session.qrs[0].valid_ms, 60'000U);
  EXPECT_EQ(rows(), 0U);
  far.scan(session.qrs[0].text);
  EXPECT_EQ(session.state(), WAX_SESSION_WORKING);
  ASSERT_TRUE(session.me);
  EXPECT_EQ(session.me->id, "15550001001@c.us");
  EXPECT_EQ(session.me->push_name, "Alice");
  EXPECT_EQ(session.me->lid, "100000000000001@lid");
  EXPECT_EQ(session.me->jid, "15550001001:3@s.whatsapp.net");
  EXPECT_TRUE(connected(session));
  EXPECT_EQ(rows(), 814U);  // credentials, route, prekeys
  const auto& options = far.socket().options;
  EXPECT_EQ(options.url, "ws://far/ws/chat");
  EXPECT_EQ(waxwing::plugin::find_header(options.headers, "Origin"), "https://web.whatsapp.com");
}

TEST_F(NativeEngine, StartsAgainWithoutACode) {
  FakeSession& session = working();
  EXPECT_TRUE(session.stop().ok());
  EXPECT_TRUE(far.socket().is_over());
  EXPECT_TRUE(session.start().ok());
  host.advance(100);
  EXPECT_EQ(session.state(), WAX_SESSION_WORKING);
  EXPECT_THAT(session.qrs, SizeIs(1));
  session.destroy();
  FakeSession& again = create();
  EXPECT_TRUE(again.start().ok());
  host.advance(100);
  EXPECT_EQ(again.state(), WAX_SESSION_WORKING);
  EXPECT_THAT(again.qrs, IsEmpty());
}

TEST_F(NativeEngine, FailsWhenUnlinkedOnThePhone) {
  FakeSession& session = working();
  far.say(
      Node("stream:error").set("code", "401").add(Node("conflict").set("type", "device_removed")));
  host.advance(10);
  EXPECT_EQ(session.state(), WAX_SESSION_FAILED);
  EXPECT_EQ(session.last_state().reason, "logged_out");
  EXPECT_FALSE(session.me);
  EXPECT_EQ(rows(), 0U);
  EXPECT_FALSE(connected(session));
}

TEST_F(NativeEngine, StaysWorkingThroughAShortLoss) {
  FakeSession& session = working();
  far.socket().reset();
  host.advance(1);
  EXPECT_EQ(session.state(), WAX_SESSION_WORKING);
  EXPECT_FALSE(connected(session));
  host.advance(1'600);
  EXPECT_TRUE(connected(session));
  EXPECT_EQ(session.state(), WAX_SESSION_WORKING);
}

TEST_F(NativeEngine, SaysWhyItIsAway) {
  FakeSession& session = working();
  far.refuses = true;
  far.socket().reset();
  host.advance(12'000);
  EXPECT_EQ(session.state(), WAX_SESSION_STARTING);
  host.advance(120'000);
  far.refuses = false;
  host.advance(100'000);
  EXPECT_EQ(session.state(), WAX_SESSION_WORKING);
}

TEST_F(NativeEngine, LogsOutAtTheFarEndFirst) {
  FakeSession& session = working();
  EXPECT_TRUE(session.logout().ok());
  host.advance(2'000);
  EXPECT_NE(far.heard.back().child("remove-companion-device"), nullptr);
  EXPECT_EQ(rows(), 0U);
}

TEST_F(NativeEngine, LogsOutWhereThereIsNoFarEnd) {
  FakeSession& session = working();
  far.refuses = true;
  far.socket().reset();
  host.advance(100);
  Answer& answer = session.logout();
  host.advance(5'000);
  EXPECT_TRUE(answer.ok());
}

TEST_F(NativeEngine, GivesACode) {
  FakeSession& session = started();
  Answer& answer = session.invoke("auth.requestCode", R"({"phoneNumber":"+1 (555) 000-1001"})");
  host.advance(10);
  ASSERT_TRUE(answer.ok()) << answer.message;
  EXPECT_THAT(Json::parse(answer.json)["code"].get<std::string>(), SizeIs(9));
  for (const char* phone : {"", "12", "0123456789", "abc"}) {
    Answer& bad = session.invoke("auth.requestCode", Json{{"phoneNumber", phone}}.dump());
    EXPECT_EQ(bad.status, WAX_E_INVALID);
    EXPECT_THAT(bad.message, HasSubstr("phoneNumber"));
  }
}

TEST_F(NativeEngine, WaitsWithACodeUntilItIsConnected) {
  host.net.latency_ms = 100;
  FakeSession& session = create();
  EXPECT_TRUE(session.start().ok());
  Answer& answer = session.invoke("auth.requestCode", R"({"phoneNumber":"15550001001"})");
  EXPECT_FALSE(answer.done);
  host.advance(1'500);
  EXPECT_TRUE(answer.ok()) << answer.message;
}

TEST_F(NativeEngine, HasNoCodeForALinkedAccount) {
  FakeSession& session = working();
  EXPECT_EQ(session.invoke("auth.requestCode", R"({"phoneNumber":"15550001001"})").status,
            WAX_E_STATE);
}

TEST_F(NativeEngine, TellsRawEvents) {
  FakeSession& session = working();
  const auto events = session.events_of("engine.event");
  std::vector<std::string> names;
  for (const EventRecord& event : events) {
    names.push_back(Json::parse(event.json)["event"]);
    EXPECT_EQ(event.json.find("secret"), std::string::npos);
  }
  if (kEngine == "GOWS") {
    EXPECT_EQ(names,
              (std::vector<std::string>{"events.QR", "events.PairSuccess", "events.Connected"}));
  } else {
    EXPECT_THAT(names, ::testing::Each("connection.update"));
    EXPECT_EQ(Json::parse(events.back().json)["data"]["connection"], "open");
  }
}

TEST_F(NativeEngine, RefusesSettingsThatCannotBe) {
  for (const auto& [field, value] : {std::pair("root_key", "12"), std::pair("version", "new")}) {
    try {
      host.create("bad", Json{{field, value}}.dump());
      ADD_FAILURE() << field;
    } catch (const waxwing::plugin::Error& error) {
      EXPECT_EQ(error.code(), WAX_E_INVALID);
      EXPECT_THAT(error.what(), HasSubstr(field));
    }
  }
}

TEST_F(NativeEngine, FailsWhenTheStoreDoes) {
  host.store_status = WAX_E_UNAVAILABLE;
  FakeSession& session = create();
  EXPECT_TRUE(session.start().ok());
  host.advance(10);
  EXPECT_EQ(session.state(), WAX_SESSION_FAILED);
  EXPECT_EQ(session.last_state().reason, "storage_unavailable");
  host.store_status = WAX_OK;
}

TEST_F(NativeEngine, StopsAtAnyMoment) {
  for (const std::int64_t ms : {0, 1, 5, 20, 100}) {
    host.net.latency_ms = 7;
    FakeSession& session = create("s" + std::to_string(ms));
    EXPECT_TRUE(session.start().ok());
    host.advance(ms);
    Answer& answer = session.stop();
    host.advance(1'100);
    EXPECT_TRUE(answer.ok());
    session.destroy();
  }
}

}  // namespace
