// SPDX-License-Identifier: Apache-2.0
// A server beside a local WhatsApp, for tests of GOWS and NOWEB; the parameter is the engine.
#pragma once

#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "local_whatsapp.hpp"
#include "support/server_process.hpp"
#include "support/sessions.hpp"

namespace waxwing::testing {

class NativeEngines : public ::testing::TestWithParam<const char*> {
 protected:
  explicit NativeEngines(const std::string& yaml = {}) {
    server_.options().yaml = yaml;
    server_.options().engine_plugin =
        std::string(GetParam()) == "GOWS" ? "engine-gows" : "engine-noweb";
    server_.options().env = whatsapp_.environment();
    server_.options().arguments = {"--allow-test-endpoint"};
    EXPECT_TRUE(server_.start());
    http_ = std::make_unique<HttpClient>(server_.client());
  }
  void TearDown() override { EXPECT_EQ(whatsapp_.violations(), "{}"); }

  void reconnect() {
    EXPECT_TRUE(server_.start());
    http_ = std::make_unique<HttpClient>(server_.client());
  }
  // A session, started.
  void add(const std::string& name = "one") {
    const std::string body =
        R"({"name":")" + name + R"(","start":true,"engine":")" + std::string(GetParam()) + R"("})";
    ASSERT_EQ(http_->post("/api/sessions", body).status, 201);
  }
  // A session that shows a code.
  void create(const std::string& name = "one") {
    add(name);
    ASSERT_TRUE(wait_for_status(*http_, name, "SCAN_QR_CODE"));
  }
  // As a phone reads it.
  std::string qr(const std::string& name = "one") {
    if (can_decode_qr()) {
      return decode_qr(http_->get("/api/" + name + "/auth/qr").body);
    }
    return raw_qr(name);
  }
  std::string raw_qr(const std::string& name = "one") {
    const Reply reply = http_->get("/api/" + name + "/auth/qr?format=raw");
    return reply.status == 200 ? reply.json()["value"].text() : std::string();
  }
  // A code to link by instead.
  Reply ask_for_code() {
    return http_->post("/api/one/auth/request-code", R"({"phoneNumber":")" + phone_ + R"("})");
  }
  void link() {
    create();
    phone_ = whatsapp_.add_account();
    const Reply scanned = whatsapp_.scan(phone_, qr());
    ASSERT_EQ(scanned.status, 200) << scanned;
    ASSERT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  }
  Value session(const std::string& name = "one") { return http_->get(session_path(name)).json(); }
  void expect_failed(const std::string& reason) { expect_status("one", "FAILED", reason); }
  void expect_status(const std::string& name, const std::string& status,
                     const std::string& reason) {
    const auto reason_of = [&] { return session(name).at("reason.id").text(); };
    EXPECT_TRUE(wait_for_status(*http_, name, status));
    EXPECT_TRUE(wait_until([&] { return reason_of() == reason; })) << session(name);
    EXPECT_FALSE(session(name).at("reason.text").text().empty());
  }
  std::string device_path() {
    const Value devices = whatsapp_.http().get("/accounts/" + phone_).json()["devices"];
    return "/accounts/" + phone_ + "/devices/" +
           std::to_string(devices[devices.size() - 1]["number"].number());
  }

  LocalWhatsApp whatsapp_;
  ServerProcess server_;
  std::unique_ptr<HttpClient> http_;
  std::string phone_;
};

}  // namespace waxwing::testing
