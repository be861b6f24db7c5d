// SPDX-License-Identifier: Apache-2.0
// Linking an account: QR codes in their forms, pairing codes, passkeys, screenshots.
#include "shared_server.hpp"

namespace waxwing::testing {
namespace {

constexpr const char* kAssertion = R"({"id":"a","rawId":"a","type":"public-key","response":{
    "clientDataJSON":"a","authenticatorData":"a","signature":"a"}})";
const std::string kPngMagic = "\x89PNG\r\n\x1A\n";

class Pairing : public SharedServer<Pairing> {
 public:
  static ServerOptions options() {
    return {.yaml = "http: {guard_wait_ms: " + std::to_string(1'000 * kTimeScale) + "}\n",
            .env = {},
            .arguments = {}};
  }

 protected:
  static std::string qr_path(const std::string& name, const std::string& query = "") {
    return "/api/" + name + "/auth/qr" + query;
  }
};

void expect_wrong_state(const Reply& reply, const std::string& session, const std::string& status,
                        const std::string& expected) {
  EXPECT_EQ(reply.status, 422) << reply;
  const Value body = reply.json();
  EXPECT_EQ(body.keys(), (std::vector<std::string>{"error", "expected", "session", "status"}))
      << reply;
  EXPECT_EQ(body["session"].text(), session);
  EXPECT_EQ(body["status"].text(), status);
  EXPECT_EQ(body["expected"].texts(), std::vector<std::string>{expected});
  EXPECT_NE(body["error"].text(), "");
}

TEST_F(Pairing, TheRawCodeIsJsonWhateverIsAccepted) {
  const std::string name = own_name();
  bring_to(http_, name, "SCAN_QR_CODE");
  for (const char* accept : {"*/*", "image/png", "application/json", ""}) {
    const Reply reply = http_.get(qr_path(name, "?format=raw"), {{"Accept", accept}});
    EXPECT_EQ(reply.status, 200) << reply;
    EXPECT_EQ(reply.header("content-type"), "application/json; charset=utf-8");
    EXPECT_EQ(reply.json().keys(), (std::vector<std::string>{"expiresAt", "value"}));
    EXPECT_EQ(reply.json()["value"].text().substr(0, 2), "2@");
  }
}

TEST_F(Pairing, TheImageHoldsTheRawCode) {
  if (!can_decode_qr()) {
    GTEST_SKIP() << "zbarimg is not installed";
  }
  const std::string name = own_name();
  bring_to(http_, name, "SCAN_QR_CODE");
  const std::string raw = http_.get(qr_path(name, "?format=raw")).json()["value"].text();
  ASSERT_NE(raw, "");
  for (const char* query : {"", "?format=image"}) {
    const Reply image = http_.get(qr_path(name, query));
    ASSERT_EQ(image.status, 200) << image;
    EXPECT_EQ(image.header("content-type"), "image/png");
    EXPECT_EQ(image.header("content-length"), std::to_string(image.body.size()));
    EXPECT_EQ(decode_qr(image.body), raw);
  }
  const Reply json = http_.get(qr_path(name), {{"Accept", "application/json"}});
  EXPECT_EQ(json.json()["mimetype"].text(), "image/png") << json;
  EXPECT_EQ(decode_qr(base64_decoded(json.json()["data"].text())), raw);
  const Reply by_post = http_.post(qr_path(name));
  EXPECT_EQ(by_post.status, 200) << by_post.status;
  EXPECT_EQ(decode_qr(by_post.body), raw);
}

TEST_F(Pairing, ImagesAreJsonForThoseWhoAcceptOnlyJson) {
  const std::string name = own_name();
  bring_to(http_, name, "SCAN_QR_CODE");
  for (const std::string& path : {qr_path(name), "/api/screenshot?session=" + name}) {
    for (const char* accept :
         {"", "*/*", "image/png", "image/*", "text/html", "application/json, text/plain, */*",
          "application/json, image/png"}) {
      const Reply reply = http_.get(path, {{"Accept", accept}});
      EXPECT_EQ(reply.status, 200) << reply;
      EXPECT_EQ(reply.header("content-type"), "image/png") << accept;
      EXPECT_EQ(reply.body.substr(0, 8), kPngMagic) << accept;
    }
    const Reply reply = http_.get(path, {{"Accept", "application/json"}});
    EXPECT_EQ(reply.header("content-type"), "application/json; charset=utf-8") << path;
    EXPECT_EQ(reply.json().keys(), (std::vector<std::string>{"data", "mimetype"}));
    EXPECT_EQ(base64_decoded(reply.json()["data"].text()).substr(0, 8), kPngMagic);
  }
}

TEST_F(Pairing, AnUnknownFormatIs400) {
  const std::string name = own_name();
  bring_to(http_, name, "SCAN_QR_CODE");
  expect_violations(http_.get(qr_path(name, "?format=svg")),
                    {"format must be one of the following values: image, raw"});
}

TEST_F(Pairing, TheCodeNeedsScanQrCode) {
  for (const std::string& state : {std::string("STOPPED"), std::string("WORKING"),
                                   std::string("FAILED"), std::string("STARTING")}) {
    const std::string name = own_name("-" + state);
    bring_to(http_, name, state);
    for (const char* query : {"", "?format=raw"}) {
      expect_wrong_state(http_.get(qr_path(name, query)), name, state, "SCAN_QR_CODE");
    }
  }
  const Reply unknown = http_.get(qr_path("nobody"));
  EXPECT_EQ(unknown.status, 422);
  EXPECT_EQ(unknown.json(), R"({"error":"Session \"nobody\" does not exist","session":"nobody"})");
}

TEST_F(Pairing, AStartingSessionIsWaitedFor) {
  const std::string name = own_name();
  create_echo(http_, name, R"({"startDelayMs":100,"loginAfterMs":null})");
  const Reply reply = http_.get(qr_path(name, "?format=raw"));
  EXPECT_EQ(reply.status, 200) << reply;
}

TEST_F(Pairing, CodesRotate) {
  const std::string name = own_name();
  create_echo(http_, name,
              R"({"loginAfterMs":null,"qr":{"firstMs":150,"nextMs":150,"count":1000}})");
  ASSERT_TRUE(wait_for_status(http_, name, "SCAN_QR_CODE"));
  const auto code = [&] { return http_.get(qr_path(name, "?format=raw")).json()["value"].text(); };
  const std::string first = code();
  std::string second;
  EXPECT_TRUE(wait_until([&] {
    second = code();
    return !second.empty() && second != first;
  }));
  // The keys stay, the reference is new.
  EXPECT_EQ(first.substr(first.find(',')), second.substr(second.find(',')));
}

TEST_F(Pairing, APairingCodeIsGivenInScanQrCode) {
  const std::string name = own_name();
  bring_to(http_, name, "SCAN_QR_CODE");
  const std::string path = "/api/" + name + "/auth/request-code";
  const Reply reply = http_.post(path, R"({"phoneNumber":"12132132130"})");
  ASSERT_EQ(reply.status, 201) << reply;
  const std::string code = reply.json()["code"].text();
  ASSERT_EQ(code.size(), 9U) << reply;
  EXPECT_EQ(code[4], '-');
  EXPECT_EQ(http_.post(path, R"({"phoneNumber":"12132132130","method":null})").status, 201);
  EXPECT_EQ(http_.post(path, R"({"phoneNumber":"12132132130","method":"sms"})").status, 422);
  for (const char* body : {"", "{}", R"({"phoneNumber":12132132130})", R"({"phoneNumber":""})",
                           R"({"phoneNumber":null})"}) {
    const Reply bad = http_.post(path, body);
    EXPECT_EQ(bad.status, 400) << body << bad;
    EXPECT_NE(bad.body.find("phoneNumber"), std::string::npos) << bad;
  }
  EXPECT_EQ(http_.post(path, R"({"phoneNumber":"no number"})").status, 400);
}

TEST_F(Pairing, APairingCodeNeedsScanQrCode) {
  const char* body = R"({"phoneNumber":"12132132130"})";
  const std::string stopped = own_name("-stopped");
  bring_to(http_, stopped, "STOPPED");
  expect_error(http_.post("/api/" + stopped + "/auth/request-code", body), 404, "Start it first");
  for (const std::string& state :
       {std::string("WORKING"), std::string("FAILED"), std::string("STARTING")}) {
    const std::string name = own_name("-" + state);
    bring_to(http_, name, state);
    expect_wrong_state(http_.post("/api/" + name + "/auth/request-code", body), name, state,
                       "SCAN_QR_CODE");
  }
}

TEST_F(Pairing, PasskeysAreNotSupportedByThisEngine) {
  const std::string name = own_name();
  bring_to(http_, name, "SCAN_QR_CODE");
  for (const Reply& reply : {http_.get("/api/" + name + "/auth/passkey/challenge"),
                             http_.post("/api/" + name + "/auth/passkey", kAssertion),
                             http_.get("/api/" + name + "/auth/passkey/confirmation"),
                             http_.post("/api/" + name + "/auth/passkey/confirm")}) {
    expect_error(reply, 422, "ECHO engine does not support auth.passkey");
    EXPECT_EQ(reply.json()["error"].text(), "Unprocessable Entity");
    EXPECT_EQ(reply.json()["code"].text(), "not_supported");
  }
  EXPECT_EQ(http_.post(session_path(name, "/stop")).status, 201);
  EXPECT_EQ(http_.get("/api/" + name + "/auth/passkey/challenge").status, 404);
}

TEST_F(Pairing, ScreenshotsAreOfRunningSessions) {
  const std::string working = own_name("-working");
  bring_to(http_, working, "WORKING");
  const Reply reply = http_.get("/api/screenshot?session=" + working);
  EXPECT_EQ(reply.status, 200) << reply.status;
  EXPECT_EQ(reply.header("content-type"), "image/png");
  EXPECT_EQ(reply.body.substr(0, 8), kPngMagic);

  const std::string stopped = own_name("-stopped");
  bring_to(http_, stopped, "STOPPED");
  expect_error(http_.get("/api/screenshot?session=" + stopped), 404, "Start it first");
  const std::string starting = own_name("-starting");
  bring_to(http_, starting, "STARTING");
  EXPECT_EQ(http_.get("/api/screenshot?session=" + starting).status, 422);
  const std::string failed = own_name("-failed");
  bring_to(http_, failed, "FAILED");
  EXPECT_EQ(http_.get("/api/screenshot?session=" + failed).status, 422);

  EXPECT_EQ(http_.get("/api/screenshot").status, 404) << "the default is a session of that name";
  bring_to(http_, "default", "WORKING");
  EXPECT_EQ(http_.get("/api/screenshot").status, 200);
}

}  // namespace
}  // namespace waxwing::testing
