// SPDX-License-Identifier: Apache-2.0
// WEBJS with a real Chromium on the stand-in page of a local WhatsApp: linked, crashed, killed,
// unlinked.
#include "webjs.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <vector>

namespace waxwing::testing {
namespace {

TEST_F(Webjs, LinksShowsItselfAndComesBack) {
  show_code();
  const std::string code = http_->get("/api/one/auth/qr?format=raw").json()["value"].text();
  EXPECT_EQ(std::count(code.begin(), code.end(), ','), 4) << code;
  phone_ = whatsapp_.add_account();
  ASSERT_EQ(whatsapp_.scan(phone_, code).status, 200);
  ASSERT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  EXPECT_TRUE(wait_until([&] { return session().at("me.pushName").text() == "Alice"; }));
  const Value me = session()["me"];
  EXPECT_EQ(me["id"].text(), phone_ + "@c.us");
  EXPECT_EQ(me["lid"].text(), "100000000000001@lid");
  EXPECT_EQ(session().at("engine.engine").text(), "WEBJS");
  EXPECT_EQ(session().at("engine.state").text(), "CONNECTED");
  EXPECT_EQ(session().at("engine.WWebVersion").text(), "2.3000.1045649367");

  const Reply picture = http_->get("/api/screenshot?session=one");
  EXPECT_EQ(picture.status, 200);
  EXPECT_EQ(picture.header("content-type"), "image/png");
  EXPECT_EQ(picture.body.substr(1, 3), "PNG");
  const Value coded =
      http_->get("/api/screenshot?session=one", {{"Accept", "application/json"}}).json();
  EXPECT_EQ(coded["mimetype"].text(), "image/png");
  EXPECT_EQ(base64_decoded(coded["data"].text()).substr(1, 3), "PNG");

  struct stat info {};
  ASSERT_EQ(::stat((server_.data_dir() + "/files/one").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0700U);

  EXPECT_EQ(http_->post(session_path("one", "/restart")).status, 201);
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  EXPECT_EQ(session()["me"], me);
}

TEST_F(Webjs, LeavesNothingBehindWhenTheServerIsKilled) {
  link();
  ASSERT_EQ(::kill(browser(), SIGSTOP), 0);  // cannot end by itself
  server_.kill9();
  EXPECT_TRUE(wait_until([&] { return browsers().empty(); }));
  ASSERT_TRUE(server_.start());
  http_ = std::make_unique<HttpClient>(server_.client());
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
}

TEST_F(Webjs, ComesBackAfterCrashes) {
  link();
  const std::vector<pid_t> renderers = browsers("--type=renderer");
  ASSERT_FALSE(renderers.empty());
  for (const pid_t pid : renderers) {
    ::kill(pid, SIGKILL);
  }
  EXPECT_TRUE(server_.wait_for_log("\"reason\":\"page_crashed\"")) << server_.log();
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  ASSERT_EQ(::kill(browser(), SIGKILL), 0);
  EXPECT_TRUE(server_.wait_for_log("\"reason\":\"browser_crashed\"")) << server_.log();
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  const std::string zombies = read_proc("/proc/" + std::to_string(server_.pid()) + "/task/" +
                                        std::to_string(server_.pid()) + "/children");
  std::istringstream children(zombies);
  for (std::string pid; children >> pid;) {
    EXPECT_EQ(read_proc("/proc/" + pid + "/stat").find(") Z"), std::string::npos);
  }
}

TEST_F(Webjs, IsUnlinkedFromEitherSide) {
  link();
  EXPECT_EQ(whatsapp_.http().del("/accounts/" + phone_ + "/devices/1").status, 200);
  expect_failed("logged_out");
  EXPECT_TRUE(session()["me"].is_null());
  EXPECT_EQ(http_->post(session_path("one", "/restart")).status, 201);
  ASSERT_TRUE(wait_for_status(*http_, "one", "SCAN_QR_CODE"));

  const Reply code =
      http_->post("/api/one/auth/request-code", R"({"phoneNumber":"+)" + phone_ + R"("})");
  ASSERT_EQ(code.status, 201) << code;
  const Reply typed = whatsapp_.type_code(phone_, code.json()["code"].text());
  ASSERT_EQ(typed.status, 200) << typed;
  ASSERT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  EXPECT_EQ(http_->post(session_path("one", "/logout")).status, 201);
  EXPECT_EQ(whatsapp_.http().get("/accounts/" + phone_).json()["devices"].size(), 1U);
  ASSERT_TRUE(wait_for_status(*http_, "one", "SCAN_QR_CODE"));

  EXPECT_EQ(http_->del(session_path("one")).status, 200);
  EXPECT_FALSE(fs::exists(server_.data_dir() + "/files/one"));
}

}  // namespace
}  // namespace waxwing::testing
