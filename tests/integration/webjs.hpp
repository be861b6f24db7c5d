// SPDX-License-Identifier: Apache-2.0
// A server beside a local WhatsApp, for tests of WEBJS: one session "one" in a real Chromium.
#pragma once

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "local_whatsapp.hpp"
#include "support/server_process.hpp"
#include "support/sessions.hpp"

namespace waxwing::testing {

namespace fs = std::filesystem;

inline std::string read_proc(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// Processes whose command line names that directory, by its parts.
inline std::vector<pid_t> processes_of(const std::string& directory, const std::string& part = "") {
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
    server_.options().engine_plugin = "engine-webjs";
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

}  // namespace waxwing::testing
