// SPDX-License-Identifier: Apache-2.0
// Messages that the server could not read: told of at once, and handed over when the account's
// phone has given a copy.
#include "native_events.hpp"

namespace waxwing::testing {
namespace {

class NativeWaiting : public NativeEvents {
 protected:
  void SetUp() override {
    NativeEvents::SetUp();
    bob_ = whatsapp_.add_account();
    ASSERT_EQ(whatsapp_.http().put("/accounts/" + phone_ + "/phone", R"({"awake":true})").status,
              200);
  }
  void write(const std::string& text) {
    const std::string body = R"({"to":")" + phone_ + R"(@s.whatsapp.net","text":")" + text + "\"}";
    const Reply reply = whatsapp_.http().post("/accounts/" + bob_ + "/phone/messages", body);
    ASSERT_EQ(reply.status, 201) << reply;
  }
  std::size_t count(const std::string& type, const std::string& id) {
    std::size_t found = 0;
    for (const Received& one : receiver_.all()) {
      const Value event = one.json();
      found += event["event"].text() == type && event.at("payload.id").text() == id ? 1U : 0U;
    }
    return found;
  }

  std::string bob_;
};

class NativeRawEvents : public NativeWaiting {};

TEST_P(NativeWaiting, ComeAsMessagesOfTheirOwnOnce) {
  for (const char* fault : {"withhold_messages", "damage_messages"}) {
    SCOPED_TRACE(fault);
    whatsapp_.fault("{\"" + std::string(fault) + "\":true}");
    write(fault);
    const Value waiting = event("message.waiting", [&](const Value& payload) {
      return payload["reason"].text() ==
             (fault == std::string("withhold_messages") ? "unavailable" : "undecryptable");
    });
    EXPECT_FALSE(waiting["final"].flag()) << waiting;
    const Value message =
        event("message", [&](const Value& payload) { return payload["body"].text() == fault; });
    EXPECT_EQ(message["id"].text(), waiting["id"].text());
    EXPECT_EQ(message.at("sender.pn").text(), bob_ + "@c.us");
    EXPECT_EQ(message["timestamp"].number(), waiting["timestamp"].number());
    // What comes afterwards is behind everything that this one could still have caused.
    whatsapp_.fault("{}");
    write("after " + std::string(fault));
    (void)event("message", [&](const Value& payload) {
      return payload["body"].text() == "after " + std::string(fault);
    });
    EXPECT_EQ(count("message", message["id"].text()), 1U);
    EXPECT_EQ(count("message.any", message["id"].text()), 1U);
    EXPECT_EQ(count("message.waiting", message["id"].text()), 1U);
  }
}

TEST_P(NativeRawEvents, AreMadeForWhoeverAsksByName) {
  write("for those who ask for all");
  (void)event("message",
              [](const Value& p) { return p["body"].text() == "for those who ask for all"; });
  listen(R"(["message","engine.event"])");
  write("raw");
  const std::string id =
      event("message", [](const Value& p) { return p["body"].text() == "raw"; })["id"].text();
  const bool gows = GetParam() == std::string("GOWS");
  const Value raw = event("engine.event", [&](const Value& payload) {
    return payload["event"].text() == (gows ? "events.Message" : "messages.upsert");
  });
  const Value message = gows ? raw["data"] : raw.at("data.messages")[0];
  EXPECT_EQ("false_" + bob_ + "@c.us_" + message.at(gows ? "Info.ID" : "key.id").text(), id);
  EXPECT_EQ(message.at(gows ? "Message.conversation" : "message.conversation").text(), "raw");
}

INSTANTIATE_TEST_SUITE_P(All, NativeRawEvents, ::testing::Values("GOWS", "NOWEB"),
                         [](const auto& engine) { return std::string(engine.param); });
INSTANTIATE_TEST_SUITE_P(All, NativeWaiting, ::testing::Values("GOWS", "NOWEB"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace waxwing::testing
