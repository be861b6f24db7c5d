// SPDX-License-Identifier: Apache-2.0
// What takes minutes, with the engines' clock ten or forty times as fast.
#include <chrono>
#include <sstream>
#include <thread>
#include <vector>

#include "native_engines.hpp"

namespace waxwing::testing {
namespace {

std::string with_scale(int scale) {
  const std::string config = ": {config: {time_scale: " + std::to_string(scale) + "}}\n";
  return "engines:\n  GOWS" + config + "  NOWEB" + config;
}

class NativeClock : public NativeEngines {
 protected:
  NativeClock()
      : NativeEngines("metrics: {enabled: true}\nlifecycle: {start_timeout_s: 4}\n" +
                      with_scale(40)) {}
};
// Deriving keys from linking codes takes its time, whatever the clock says.
class NativeCodes : public NativeEngines {
 protected:
  NativeCodes() : NativeEngines(with_scale(10)) {}
};

TEST_P(NativeClock, SixCodesTheFirstThreeTimesAsLong) {
  create();
  using Clock = std::chrono::steady_clock;
  std::vector<std::string> codes;
  std::vector<Clock::time_point> seen;
  EXPECT_TRUE(wait_until([&] {
    const std::string code = raw_qr();
    if (!code.empty() && (codes.empty() || codes.back() != code)) {
      codes.push_back(code);
      seen.push_back(Clock::now());
    }
    return status_of(*http_, "one") == "FAILED";
  }));
  seen.push_back(Clock::now());
  expect_failed("qr_expired");
  ASSERT_EQ(codes.size(), 6U);
  const auto first = seen[1] - seen[0];
  const auto others = (seen[6] - seen[1]) / 5;
  EXPECT_GT(first, 2 * others);
  EXPECT_LT(first, 4 * others);
  EXPECT_EQ(whatsapp_.waiting(), 0U);
  // Started again it shows codes again.
  EXPECT_EQ(http_->post(session_path("one", "/start")).status, 201);
  EXPECT_TRUE(wait_for_status(*http_, "one", "SCAN_QR_CODE"));
}

TEST_P(NativeCodes, ALinkingCodeOutlivesQrCodes) {
  create();
  phone_ = whatsapp_.add_account();
  const Reply code = ask_for_code();
  ASSERT_EQ(code.status, 201) << code;
  const std::string first = raw_qr();
  EXPECT_TRUE(wait_until([&] { return raw_qr() != first; }));
  const auto type = [&](const std::string& text) {
    return whatsapp_.type_code(phone_, text).status;
  };
  EXPECT_EQ(type("ABCD-EFGH"), 409) << "a wrong one";
  EXPECT_EQ(type(code.json()["code"].text()), 200) << "the right one, after all that";
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
}

TEST_P(NativeCodes, AWrongCodeLeavesTheQrCode) {
  create();
  phone_ = whatsapp_.add_account();
  ASSERT_EQ(ask_for_code().status, 201);
  EXPECT_EQ(
      whatsapp_.http().post("/accounts/" + phone_ + "/code", R"({"code":"ABCD-EFGH"})").status,
      409);
  EXPECT_EQ(whatsapp_.scan(phone_, qr()).status, 200);
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
}

TEST_P(NativeClock, ADeadConnectionIsLeftAndCounted) {
  link();
  const auto logins = [&] { return whatsapp_.http().get("/state").json()["logins"].number(); };
  const auto before = logins();
  whatsapp_.fault(R"({"hold_after":1})");
  const auto dead = [&] {
    const Reply reply = http_->get("/metrics");
    EXPECT_EQ(reply.status, 200);
    std::istringstream metrics(reply.body);
    for (std::string line; std::getline(metrics, line);) {
      if (line[0] != '#' && line.find("dead_connections") != std::string::npos &&
          !line.ends_with(" 0")) {
        return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(wait_until(dead));
  whatsapp_.fault("{}");
  EXPECT_TRUE(wait_until([&] { return logins() > before; }));
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
}

TEST_P(NativeClock, ALongLossIsShownAndHeals) {
  link();
  whatsapp_.fault(R"({"outage":true})");
  EXPECT_EQ(whatsapp_.http().post("/drop").status, 200);
  EXPECT_TRUE(wait_for_status(*http_, "one", "STARTING"));
  EXPECT_TRUE(wait_until([&] { return !session().at("reason.id").text().empty(); }));
  EXPECT_FALSE(session()["me"].is_null());
  // An outage is not a start that hangs: no deadline of a start ends it.
  std::this_thread::sleep_for(std::chrono::milliseconds(4500));
  EXPECT_EQ(status_of(*http_, "one"), "STARTING");
  whatsapp_.fault("{}");
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
}

INSTANTIATE_TEST_SUITE_P(All, NativeCodes, ::testing::Values("GOWS", "NOWEB"),
                         [](const auto& engine) { return std::string(engine.param); });
INSTANTIATE_TEST_SUITE_P(All, NativeClock, ::testing::Values("GOWS", "NOWEB"),
                         [](const auto& engine) { return std::string(engine.param); });

}  // namespace
}  // namespace waxwing::testing
