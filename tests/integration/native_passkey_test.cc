// SPDX-License-Identifier: Apache-2.0
// Linking that WhatsApp guards with a passkey, by the four calls that there are for it.
#include <future>
#include <thread>

#include "native_engines.hpp"

namespace waxwing::testing {
namespace {

class NativePasskey : public NativeEngines {
 protected:
  NativePasskey() : NativeEngines("engines: {GOWS: {config: {time_scale: 40}}}\n") {}

  // A session whose code a phone has scanned; the scan ends when it is linked.
  void scan_with_passkey() {
    create();
    phone_ = whatsapp_.add_account();
    whatsapp_.fault(R"({"demand_passkey":true})");
    scanned_ = std::async(
        std::launch::async,
        [port = whatsapp_.control_port(), path = "/accounts/" + phone_ + "/scan",
         body = R"({"qr":")" + qr() + R"("})"] { return HttpClient(port).post(path, body); });
  }
  Value challenge() { return http_->get("/api/one/auth/passkey/challenge").json(); }
  std::string assertion(const std::string& phone) {
    const Reply reply =
        whatsapp_.http().post("/accounts/" + phone + "/passkey",
                              R"({"challenge":")" + challenge()["challenge"].text() + R"("})");
    EXPECT_EQ(reply.status, 200) << reply;
    return reply.body;
  }
  void expect_linked() {
    EXPECT_EQ(scanned_.get().status, 200);
    EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
    EXPECT_EQ(session().at("me.id").text(), phone_ + "@c.us");
  }

  std::future<Reply> scanned_;
};
class NativePasskeyNoweb : public NativePasskey {};

TEST_P(NativePasskey, AnswersTheChallengeAndIsLinked) {
  EXPECT_EQ(http_->get("/api/one/auth/passkey/challenge").status, 404);
  scan_with_passkey();
  ASSERT_TRUE(wait_for_status(*http_, "one", "PASSKEY_REQUIRED"));
  EXPECT_EQ(challenge()["rpId"].text(), "web.whatsapp.com");
  EXPECT_EQ(challenge()["allowCredentials"].size(), 1U);
  EXPECT_EQ(http_->get("/api/one/auth/passkey/confirmation").status, 422);
  EXPECT_EQ(http_->post("/api/one/auth/passkey/confirm").status, 422);
  EXPECT_EQ(http_->get("/api/one/auth/qr").status, 422);

  // Nonsense, then somebody else's passkey, then the right one.
  const std::string right = assertion(phone_);
  const Reply nonsense = http_->post(
      "/api/one/auth/passkey",
      R"({"id":"a","rawId":"*","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AAAA","signature":"AAAA"}})");
  EXPECT_EQ(nonsense.status, 400) << nonsense;
  EXPECT_NE(nonsense.body.find("rawId"), std::string::npos);
  EXPECT_GE(http_->post("/api/one/auth/passkey", assertion(whatsapp_.add_account())).status, 500);
  EXPECT_EQ(status_of(*http_, "one"), "PASSKEY_REQUIRED");
  const Reply taken = http_->post("/api/one/auth/passkey", right);
  EXPECT_EQ(taken.status, 201) << taken;
  // Nobody has to compare codes: the client could prove that it was the one that was scanned.
  expect_linked();
  EXPECT_EQ(http_->get("/api/one/auth/passkey/challenge").status, 422);
  whatsapp_.fault("{}");
}

TEST_P(NativePasskey, AsksToCompareCodesWhenTheAnswerCameLate) {
  scan_with_passkey();
  ASSERT_TRUE(wait_for_status(*http_, "one", "PASSKEY_REQUIRED"));
  const std::string right = assertion(phone_);
  std::this_thread::sleep_for(std::chrono::milliseconds(300'000 / 40 + 100));
  EXPECT_EQ(http_->post("/api/one/auth/passkey", right).status, 201);
  ASSERT_TRUE(wait_for_status(*http_, "one", "PASSKEY_CONFIRMATION_REQUIRED"));
  const std::string code = http_->get("/api/one/auth/passkey/confirmation").json()["code"].text();
  EXPECT_EQ(code.size(), 9U);
  EXPECT_EQ(whatsapp_.http().get("/accounts/" + phone_ + "/passkey").json()["code"].text(), code);
  EXPECT_EQ(http_->get("/api/one/auth/passkey/challenge").status, 422);
  EXPECT_EQ(http_->post("/api/one/auth/passkey/confirm").status, 201);
  expect_linked();
}

TEST_P(NativePasskey, IsNotWaitedForForEver) {
  scan_with_passkey();
  ASSERT_TRUE(wait_for_status(*http_, "one", "PASSKEY_REQUIRED"));
  EXPECT_EQ(http_->post(session_path("one", "/stop")).status, 201);
  EXPECT_EQ(scanned_.get().status, 409);
  EXPECT_EQ(http_->post(session_path("one", "/start")).status, 201);
  EXPECT_TRUE(wait_for_status(*http_, "one", "SCAN_QR_CODE"));
}

TEST_P(NativePasskeyNoweb, SaysWhichEngineCan) {
  scan_with_passkey();
  expect_failed("passkey_unsupported");
  EXPECT_EQ(scanned_.get().status, 409);
  EXPECT_EQ(http_->get("/api/one/auth/passkey/challenge").status, 422);
}

INSTANTIATE_TEST_SUITE_P(All, NativePasskey, ::testing::Values("GOWS"),
                         [](const auto& engine) { return std::string(engine.param); });
INSTANTIATE_TEST_SUITE_P(NativePasskey, NativePasskeyNoweb, ::testing::Values("NOWEB"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace waxwing::testing
