// SPDX-License-Identifier: Apache-2.0
// kill -9 at every step of linking, login and logout of GOWS and NOWEB: a new code is needed only
// where WhatsApp was never told of the device, and no key and no counter is used twice, which the
// local WhatsApp watches.
#include <future>
#include <thread>

#include "native_engines.hpp"

namespace waxwing::testing {
namespace {

// More frames than any of it takes.
constexpr int kMostFrames = 60;

class NativeKill : public NativeEngines {
 protected:
  // From then on that many frames pass, of both sides, and none behind them.
  void hold_after(int frames) {
    whatsapp_.fault(R"({"hold_after":)" + std::to_string(frames) + "}");
  }
  bool held() { return whatsapp_.http().get("/state").json()["held"].flag(); }
  // Asks on a connection of its own: the answer may never come.
  std::future<Reply> scan_meanwhile(const std::string& code) {
    return std::async(std::launch::async, [port = whatsapp_.control_port(), phone = phone_, code] {
      return HttpClient(port).post("/accounts/" + phone + "/scan", R"({"qr":")" + code + R"("})");
    });
  }
  bool device_is_linked() {
    return whatsapp_.http().get("/accounts/" + phone_).json()["devices"].size() > 1;
  }
  void kill_and_restart() {
    server_.kill9();
    whatsapp_.fault("{}");
    reconnect();
  }
  void expect_working_without_a_new_code() {
    EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING")) << session();
    EXPECT_EQ(whatsapp_.waiting(), 0U);
    EXPECT_EQ(session().at("me.id").text(), phone_ + "@c.us");
  }
  void expect_working() {
    if (!device_is_linked()) {
      ASSERT_TRUE(wait_for_status(*http_, "one", "SCAN_QR_CODE")) << session();
      ASSERT_EQ(whatsapp_.scan(phone_, raw_qr()).status, 200);
    }
    expect_working_without_a_new_code();
  }
  void start_anew() {
    EXPECT_EQ(http_->del(session_path("one")).status, 200);
    create();
    phone_ = whatsapp_.add_account();
  }
};

TEST_P(NativeKill, WhileLinking) {
  create();
  phone_ = whatsapp_.add_account();
  int frames = 1;
  for (; frames < kMostFrames; ++frames) {
    SCOPED_TRACE("killed after frame " + std::to_string(frames));
    const std::string code = raw_qr();
    hold_after(frames);
    std::future<Reply> scanned = scan_meanwhile(code);
    ASSERT_TRUE(wait_until([&] { return held() || status_of(*http_, "one") == "WORKING"; }));
    const bool whole = !held();
    kill_and_restart();
    scanned.wait();
    expect_working();
    if (whole) {
      break;
    }
    start_anew();
  }
  EXPECT_GT(frames, 10) << "linking and the first login take more than that";
  EXPECT_LT(frames, kMostFrames);
}

// The moments between two frames, when the disk is busy.
TEST_P(NativeKill, AtAnyMomentOfLinking) {
  create();
  phone_ = whatsapp_.add_account();
  for (int i = 0; i < 8; ++i) {
    SCOPED_TRACE("killed after " + std::to_string(3 * i) + " ms");
    std::future<Reply> scanned = scan_meanwhile(raw_qr());
    std::this_thread::sleep_for(std::chrono::milliseconds(3 * i));
    kill_and_restart();
    scanned.wait();
    expect_working();
    start_anew();
  }
}

TEST_P(NativeKill, WhileLoggingIn) {
  link();
  int frames = 1;
  for (; frames < kMostFrames; ++frames) {
    SCOPED_TRACE("killed after frame " + std::to_string(frames));
    EXPECT_EQ(http_->post(session_path("one", "/stop")).status, 201);
    hold_after(frames);
    EXPECT_EQ(http_->post(session_path("one", "/start")).status, 201);
    ASSERT_TRUE(wait_until([&] { return held() || status_of(*http_, "one") == "WORKING"; }));
    const bool whole = !held();
    kill_and_restart();
    expect_working_without_a_new_code();
    if (whole) {
      break;
    }
  }
  EXPECT_GT(frames, 4);
  EXPECT_LT(frames, kMostFrames);
}

TEST_P(NativeKill, WhileLoggingOut) {
  for (int frames = 1; frames <= 4; ++frames) {
    SCOPED_TRACE("killed after frame " + std::to_string(frames));
    frames == 1 ? create() : start_anew();
    phone_ = whatsapp_.add_account();
    ASSERT_EQ(whatsapp_.scan(phone_, raw_qr()).status, 200);
    ASSERT_TRUE(wait_for_status(*http_, "one", "WORKING"));
    hold_after(frames);
    auto answer = std::async(std::launch::async, [client = server_.client()]() mutable {
      return client.post(session_path("one", "/logout"));
    });
    ASSERT_TRUE(wait_until([&] { return held() || status_of(*http_, "one") == "SCAN_QR_CODE"; }));
    kill_and_restart();
    answer.wait();
    // Either nothing has happened, or all of it: never a device that only one side knows of.
    EXPECT_TRUE(wait_until([&] {
      const std::string status = status_of(*http_, "one");
      return device_is_linked() ? status == "WORKING"
                                : status == "SCAN_QR_CODE" || status == "FAILED";
    })) << session();
    if (status_of(*http_, "one") == "FAILED") {
      expect_failed("logged_out");
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, NativeKill, ::testing::Values("GOWS", "NOWEB"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace waxwing::testing
