// SPDX-License-Identifier: Apache-2.0
// All that a WhatsApp can do to a session of GOWS or NOWEB, one row each: what is seen of it, and
// that it never costs a code that was not necessary.
#include "native_engines.hpp"

namespace waxwing::testing {
namespace {

class NativeFaults : public NativeEngines {
 protected:
  // Whatever the session is now: with the credentials that it has, or with a new code.
  void recover(bool linked) {
    whatsapp_.fault("{}");
    EXPECT_EQ(http_->post(session_path("one", "/restart")).status, 201);
    if (!linked) {
      ASSERT_TRUE(wait_for_status(*http_, "one", "SCAN_QR_CODE"));
      ASSERT_EQ(whatsapp_.scan(phone_, qr()).status, 200);
    }
    ASSERT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  }
  // The device that was linked last.
  std::string stream_error(const std::string& body) {
    const Reply reply = whatsapp_.http().post(device_path() + "/stream-error", body);
    return reply.status == 200 ? "" : reply.body;
  }
  std::int64_t logins() { return whatsapp_.http().get("/state").json()["logins"].number(); }
};

struct Row {
  const char* fault;   // of the simulator, or the stream error
  const char* status;  // of the session
  const char* reason;  // with it; empty: none
  bool linked = true;  // the credentials are kept
};

// Instead of a new code.
constexpr Row kConnecting[] = {
    {R"({"certificate":"wrong_root"})", "FAILED", "untrusted_server"},
    {R"({"certificate":"wrong_signature"})", "FAILED", "untrusted_server"},
    {R"({"certificate":"wrong_key"})", "FAILED", "untrusted_server"},
    {R"({"certificate":"intermediate_issuer"})", "FAILED", "untrusted_server"},
    {R"({"certificate":"leaf_issuer"})", "FAILED", "untrusted_server"},
    {R"({"certificate":"expired"})", "FAILED", "untrusted_server"},
    {R"({"certificate":"not_yet_valid"})", "FAILED", "untrusted_server"},
    {R"({"certificate":"no_validity"})", "FAILED", "untrusted_server"},
    {R"({"http_status":503})", "STARTING", "handshake_refused"},
    {R"({"http_status":403})", "STARTING", "handshake_refused"},
    {R"({"outage":true})", "STARTING", "handshake_refused"},
    {R"({"minimum_version":4294967295})", "FAILED", "client_outdated"},
    {R"({"login_failure":{"reason":503}})", "STARTING", "server_unavailable"},
};

TEST_P(NativeFaults, ALyingServerIsNotTrustedAndDisturbsNobodyElse) {
  link();
  for (const Row& row : kConnecting) {
    SCOPED_TRACE(row.fault);
    whatsapp_.fault(row.fault);
    add("two");
    expect_status("two", row.status, row.reason);
    EXPECT_EQ(whatsapp_.waiting(), 0U);
    EXPECT_EQ(status_of(*http_, "one"), "WORKING");
    EXPECT_EQ(http_->del(session_path("two")).status, 200);
  }
}

// What a phone, or who stands in between, makes of a code.
constexpr Row kLinking[] = {
    {R"({"wrong_hmac":true})", "FAILED", "pairing_hmac_mismatch"},
    {R"({"wrong_account_signature":true})", "FAILED", "pairing_signature_mismatch"},
    {R"({"hosted_prefix":true})", "FAILED", "pairing_signature_mismatch"},
    {R"({"no_restart":true})", "WORKING", ""},
    {R"({"split_frames":true})", "WORKING", ""},
    {R"({"merge_frames":true})", "WORKING", ""},
    {R"({"compress_nodes":true})", "WORKING", ""},
    {R"({"delay_ms":60})", "WORKING", ""},
};

TEST_P(NativeFaults, APhoneThatLiesIsRefusedAndOneThatIsSlowIsNot) {
  for (const Row& row : kLinking) {
    SCOPED_TRACE(row.fault);
    const std::string phone = whatsapp_.add_account();
    whatsapp_.fault("{}");
    create("two");
    const std::string code = qr("two");
    whatsapp_.fault(row.fault);
    const bool links = row.reason[0] == '\0';
    EXPECT_EQ(whatsapp_.scan(phone, code).status, links ? 200 : 409);
    if (links) {
      EXPECT_TRUE(wait_for_status(*http_, "two", row.status));
      EXPECT_EQ(session("two").at("me.jid").text(), phone + ":1@s.whatsapp.net");
    } else {
      expect_status("two", row.status, row.reason);
      EXPECT_EQ(whatsapp_.waiting(), 0U) << "no new code without being asked";
    }
    EXPECT_EQ(http_->del(session_path("two")).status, 200);
  }
}

constexpr Row kLogins[] = {
    {R"({"login_failure":{"reason":400}})", "FAILED", "connect_refused_400"},
    {R"({"login_failure":{"reason":401}})", "FAILED", "logged_out", false},
    {R"({"login_failure":{"reason":402,"code":101,"expire_s":3600}})", "FAILED", "temporary_ban"},
    {R"({"login_failure":{"reason":403}})", "FAILED", "account_locked", false},
    {R"({"login_failure":{"reason":405}})", "FAILED", "client_outdated"},
    {R"({"login_failure":{"reason":406}})", "FAILED", "account_banned", false},
    {R"({"login_failure":{"reason":409}})", "FAILED", "bad_user_agent"},
    {R"({"login_failure":{"reason":411}})", "FAILED", "multidevice_mismatch"},
    {R"({"login_failure":{"reason":413}})", "FAILED", "token_expired"},
    {R"({"login_failure":{"reason":414}})", "FAILED", "token_invalid"},
    {R"({"login_failure":{"reason":415}})", "FAILED", "client_unknown"},
    {R"({"login_failure":{"reason":418}})", "FAILED", "client_unknown"},
    {R"({"login_failure":{"reason":429}})", "STARTING", "rate_limited"},
    {R"({"login_failure":{"reason":500}})", "STARTING", "server_error"},
    {R"({"login_failure":{"reason":501}})", "STARTING", "server_error"},
    {R"({"login_failure":{"reason":503}})", "STARTING", "server_unavailable"},
    {R"({"login_failure":{"reason":999}})", "FAILED", "connect_failure"},
};

TEST_P(NativeFaults, ARefusedLoginSaysWhy) {
  link();
  for (const Row& row : kLogins) {
    SCOPED_TRACE(row.fault);
    EXPECT_EQ(http_->post(session_path("one", "/stop")).status, 201);
    whatsapp_.fault(row.fault);
    EXPECT_EQ(http_->post(session_path("one", "/start")).status, 201);
    expect_status("one", row.status, row.reason);
    EXPECT_EQ(session()["me"].is_null(), !row.linked);
    EXPECT_EQ(whatsapp_.waiting(), 0U);
    recover(row.linked);
  }
}

// By itself it comes back, without a code and without anybody having to do something.
TEST_P(NativeFaults, AnOutageHeals) {
  link();
  for (const char* fault :
       {R"({"login_failure":{"reason":503}})", R"({"outage":true})", R"({"http_status":502})"}) {
    SCOPED_TRACE(fault);
    EXPECT_EQ(http_->post(session_path("one", "/stop")).status, 201);
    whatsapp_.fault(fault);
    EXPECT_EQ(http_->post(session_path("one", "/start")).status, 201);
    EXPECT_TRUE(wait_until([&] { return !session().at("reason.id").text().empty(); }));
    whatsapp_.fault("{}");
    EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  }
}

constexpr Row kStreamErrors[] = {
    {R"({"code":401})", "FAILED", "logged_out", false},
    {R"({"code":409})", "FAILED", "replaced"},
    {R"({"code":516})", "FAILED", "logged_out", false},
    {R"({"conflict":"replaced"})", "FAILED", "replaced"},
    {R"({"code":401,"conflict":"device_removed"})", "FAILED", "logged_out", false},
    {R"({"code":500})", "WORKING", ""},
    {R"({"code":503})", "WORKING", ""},
    {R"({"code":515})", "WORKING", ""},
    {R"({"code":777})", "WORKING", ""},
    {R"({})", "WORKING", ""},
};

TEST_P(NativeFaults, AStreamThatEndsSaysWhyOrComesBack) {
  link();
  for (const Row& row : kStreamErrors) {
    SCOPED_TRACE(row.fault);
    const auto before = logins();
    ASSERT_EQ(stream_error(row.fault), "");
    if (row.reason[0] != '\0') {
      expect_status("one", row.status, row.reason);
      EXPECT_EQ(session()["me"].is_null(), !row.linked);
      recover(row.linked);
    } else {
      EXPECT_TRUE(wait_until([&] { return logins() > before; }));
      EXPECT_EQ(status_of(*http_, "one"), row.status);
    }
    EXPECT_EQ(whatsapp_.waiting(), 0U);
  }
}

// WhatsApp may refuse a client version from one moment to the next, for everybody at once.
TEST_P(NativeFaults, ARejectedVersionStopsNobodyWhileThereIsAnother) {
  const std::string path = "/api/engines/" + std::string(GetParam()) + "/version";
  const auto version = [&] { return http_->get(path).json(); };
  const std::string built_in = version()["builtIn"].text();
  EXPECT_EQ(version()["source"].text(), "built_in");
  EXPECT_EQ(version()["version"].text(), built_in);
  const auto choose = [&](const std::string& json) {
    return http_->put(path, R"({"version":)" + json + "}");
  };
  EXPECT_EQ(choose(R"("new")").status, 400);
  EXPECT_EQ(choose("7").status, 400);
  EXPECT_EQ(http_->put(path, "{}").status, 400);
  EXPECT_EQ(http_->get("/api/engines/NONE/version").status, 404);

  // An old one is chosen by mistake: the built-in one takes its place by itself.
  EXPECT_EQ(choose(R"("2.3000.5")").json()["source"].text(), "chosen");
  whatsapp_.fault(R"({"minimum_version":1000000})");
  link();
  EXPECT_EQ(version()["source"].text(), "built_in");
  EXPECT_EQ(version()["rejected"][0].text(), "2.3000.5");
  EXPECT_EQ(version()["lastWorking"].text(), built_in);

  // That one is refused, too: sessions that are connected stay so, others wait for a new one.
  whatsapp_.fault(R"({"minimum_version":2000000000})");
  EXPECT_EQ(status_of(*http_, "one"), "WORKING");
  EXPECT_EQ(http_->post(session_path("one", "/restart")).status, 201);
  expect_failed("client_outdated");
  EXPECT_FALSE(session()["me"].is_null());
  EXPECT_EQ(choose(R"("2.3000.2000000001")").status, 200);
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING")) << "without anybody starting it";
  EXPECT_EQ(version()["lastWorking"].text(), "2.3000.2000000001");

  // The choice outlives the server.
  server_.kill9();
  reconnect();
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  EXPECT_EQ(version()["chosen"].text(), "2.3000.2000000001");
  EXPECT_EQ(choose("null").json()["version"].text(), built_in);
  whatsapp_.fault("{}");
}

INSTANTIATE_TEST_SUITE_P(All, NativeFaults, ::testing::Values("GOWS", "NOWEB"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace waxwing::testing
