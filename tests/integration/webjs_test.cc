// SPDX-License-Identifier: Apache-2.0
// WEBJS with a real Chromium on the stand-in page of a local WhatsApp: linked, crashed, killed,
// unlinked.
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <sys/stat.h>
#include <vector>

#include <gtest/gtest.h>

#include "local_whatsapp.hpp"
#include "support/server_process.hpp"
#include "support/sessions.hpp"

namespace waxwing::testing {
namespace {

namespace fs = std::filesystem;

std::string read_proc(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Processes whose command line names that directory, by its parts.
std::vector<pid_t> processes_of(const std::string& directory, const std::string& part = "") {
  std::vector<pid_t> found;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator("/proc", none)) {
    const std::string name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") != std::string::npos) {
      continue;
    }
    const std::string command = read_proc(entry.path() / "cmdline");
    if (command.find(directory) != std::string::npos && command.find(part) != std::string::npos &&
        command.find("--config") == std::string::npos) {
      found.push_back(std::stoi(name));
    }
  }
  return found;
}

class Webjs : public ::testing::Test {
 protected:
  explicit Webjs(const std::string& yaml = "") {
    server_.options().yaml = yaml;
    server_.options().env = whatsapp_.environment();
    server_.options().arguments = {"--allow-test-endpoint"};
  }
  void SetUp() override {
    ASSERT_TRUE(server_.start());
    http_ = std::make_unique<HttpClient>(server_.client());
  }
  void TearDown() override {
    if (server_.running()) {
      server_.terminate();
    }
    EXPECT_TRUE(wait_until([&] { return browsers().empty(); })) << "a browser was left behind";
  }

  void create(const std::string& config = "{}") {
    const Reply made =
        http_->post("/api/sessions", R"({"name":"one","engine":"WEBJS","config":)" + config + "}");
    ASSERT_EQ(made.status, 201) << made;
  }
  void show_code(const std::string& config = "{}") {
    create(config);
    ASSERT_TRUE(wait_for_status(*http_, "one", "SCAN_QR_CODE")) << session();
  }
  void link(const std::string& config = "{}") {
    show_code(config);
    phone_ = whatsapp_.add_account();
    const Reply scanned =
        whatsapp_.scan(phone_, http_->get("/api/one/auth/qr?format=raw").json()["value"].text());
    ASSERT_EQ(scanned.status, 200) << scanned;
    ASSERT_TRUE(wait_for_status(*http_, "one", "WORKING")) << session();
  }
  Value session() { return http_->get(session_path("one")).json(); }
  void expect_failed(const std::string& reason) {
    EXPECT_TRUE(wait_for_status(*http_, "one", "FAILED"));
    EXPECT_EQ(session().at("reason.id").text(), reason) << session();
  }
  [[nodiscard]] std::vector<pid_t> browsers(const std::string& part = "") const {
    return processes_of(server_.data_dir(), part);
  }
  // The browser itself, neither its keeper nor its children.
  [[nodiscard]] pid_t browser() const {
    for (const pid_t pid : browsers("--remote-debugging-pipe")) {
      const std::string command = read_proc("/proc/" + std::to_string(pid) + "/cmdline");
      if (command.rfind("webjs-keeper", 0) != 0 && command.find("--type=") == std::string::npos) {
        return pid;
      }
    }
    return 0;
  }
  void tell_page(const std::string& event) {
    EXPECT_EQ(whatsapp_.http().post("/browsers/1/events", event).status, 200);
  }

  LocalWhatsApp whatsapp_;
  ServerProcess server_;
  std::unique_ptr<HttpClient> http_;
  std::string phone_;
};

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
  EXPECT_TRUE(server_.wait_for_log("\"reason\":\"page_crashed\""));
  EXPECT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  ASSERT_EQ(::kill(browser(), SIGKILL), 0);
  EXPECT_TRUE(server_.wait_for_log("\"reason\":\"browser_crashed\""));
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
  const Reply typed = whatsapp_.http().post("/accounts/" + phone_ + "/code",
                                            R"({"code":")" + code.json()["code"].text() + R"("})");
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
