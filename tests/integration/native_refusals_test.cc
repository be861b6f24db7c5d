// SPDX-License-Identifier: Apache-2.0
// What a caller is told when WhatsApp will not have a message: the answer, and the event.
#include "native_events.hpp"

namespace waxwing::testing {
namespace {

class NativeRefusals : public NativeEvents {
 protected:
  void SetUp() override {
    NativeEvents::SetUp();
    bob_ = whatsapp_.add_account();
  }
  Reply send(const std::string& chat, const std::string& text) {
    return http_->post("/api/sendText",
                       R"({"session":"one","chatId":")" + chat + R"(","text":")" + text + R"("})");
  }

  std::string bob_;
};

struct Row {
  int code;            // of WhatsApp's acknowledgement
  int status;          // of the answer
  const char* reason;  // in both
};
constexpr Row kRows[] = {
    {400, 422, "rejected"},         {403, 422, "not_allowed"}, {404, 404, "not_on_whatsapp"},
    {406, 422, "rejected"},         {421, 503, "stale_group"}, {429, 429, "rate_limited"},
    {463, 422, "new_chat_refused"}, {475, 422, "restricted"},  {479, 422, "rejected"},
};

TEST_P(NativeRefusals, NameWhatsAppsReasonInAnswerAndEvent) {
  for (const Row& row : kRows) {
    SCOPED_TRACE(row.code);
    whatsapp_.fault(R"({"message_error":)" + std::to_string(row.code) + "}");
    const std::string text = "refused with " + std::to_string(row.code);
    const Reply reply = send(bob_, text);
    EXPECT_EQ(reply.status, row.status) << reply;
    EXPECT_EQ(reply.json().at("details.reason").text(), row.reason) << reply;
    EXPECT_EQ(reply.json().at("details.code").number(), row.code) << reply;
    EXPECT_EQ(reply.header("retry-after").empty(), row.status == 422 || row.status == 404);
    const std::string id =
        event("message.any", [&](const Value& p) { return p["body"].text() == text; })["id"].text();
    const Value ack = event("message.ack", [&](const Value& p) { return p["id"].text() == id; });
    EXPECT_EQ(ack["ack"].number(), -1);
    EXPECT_EQ(ack.at("error.reason").text(), row.reason);
    EXPECT_EQ(ack.at("error.code").number(), row.code);
  }
  // Found stale once, it is sent again by itself.
  whatsapp_.fault(R"({"message_error":421,"message_errors":1})");
  const Reply reply = send(bob_, "in the end");
  EXPECT_EQ(reply.status, 201) << reply;
  EXPECT_EQ(reply.json()["ack"].number(), 1);
}

TEST_P(NativeRefusals, SayWhoIsNotThere) {
  EXPECT_EQ(send("15559999999", "hello").status, 404);
  EXPECT_EQ(send("120363000000009999@g.us", "hello").status, 422);
  const Reply own = send(phone_, "note to self");
  EXPECT_EQ(own.status, 201) << own;
  EXPECT_TRUE(own.json()["fromMe"].flag());
  EXPECT_EQ(send(bob_, "").status, 400);
  // One tick and no more, as with WhatsApp itself.
  ASSERT_EQ(whatsapp_.http()
                .post("/accounts/" + bob_ + "/block", R"({"phone":")" + phone_ + R"("})")
                .status,
            200);
  EXPECT_EQ(send(bob_, "blocked").json()["ack"].number(), 1);
}

TEST_P(NativeRefusals, GoOnWithAPersonWhoHasAnotherPhone) {
  ASSERT_EQ(send(bob_, "hello").status, 201);
  const std::string phone = "/accounts/" + bob_;
  ASSERT_EQ(whatsapp_.http().put(phone + "/phone", R"({"awake":true})").status, 200);
  ASSERT_EQ(whatsapp_.http().post(phone + "/reinstall", "{}").status, 200);
  const std::string to = R"({"to":")" + phone_ + R"(@s.whatsapp.net","text":"my new phone"})";
  ASSERT_EQ(whatsapp_.http().post(phone + "/phone/messages", to).status, 201);
  (void)event("message", [](const Value& p) { return p["body"].text() == "my new phone"; });
  ASSERT_EQ(send(bob_, "I see").status, 201);
  EXPECT_TRUE(wait_until([&] {
    const Value messages = whatsapp_.http().get(phone + "/phone").json()["messages"];
    return messages.size() > 0 && messages[messages.size() - 1]["text"].text() == "I see";
  }));
}

INSTANTIATE_TEST_SUITE_P(All, NativeRefusals, ::testing::Values("GOWS", "NOWEB"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace waxwing::testing
