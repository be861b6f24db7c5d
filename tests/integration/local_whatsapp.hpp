// SPDX-License-Identifier: Apache-2.0
// A WhatsApp on this machine for tests of the server: waxwing-simulator.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "support/program.hpp"
#include "support/sessions.hpp"

namespace waxwing::testing {

// waxwing-simulator, and its control interface.
class LocalWhatsApp {
 public:
  LocalWhatsApp();
  HttpClient& http() { return *http_; }
  [[nodiscard]] std::map<std::string, std::string> environment() const {
    return {{"WAXWING_WA_ENDPOINT", info_["endpoint"].text()},
            {"WAXWING_WEB_ENDPOINT", info_["web"].text()},
            {"WAXWING_WA_ROOT_KEY", info_["root_key"].text()}};
  }
  std::string add_account() {
    const std::string phone = std::to_string(15'550'001'000 + ++accounts_);
    EXPECT_EQ(http_->post("/accounts", R"({"phone":")" + phone + R"(","name":"Alice"})").status,
              201);
    return phone;
  }
  Reply scan(const std::string& phone, const std::string& qr) {
    return http_->post("/accounts/" + phone + "/scan", R"({"qr":")" + qr + R"("})");
  }
  // As its owner types the code that links a device.
  Reply type_code(const std::string& phone, const std::string& code) {
    return http_->post("/accounts/" + phone + "/code", R"({"code":")" + code + R"("})");
  }
  // Sets all faults; those that are absent go off.
  void fault(const std::string& faults) {
    const Reply reply = http_->put("/faults", faults);
    EXPECT_EQ(reply.status, 200) << reply;
  }
  [[nodiscard]] std::uint16_t control_port() const { return control_port_; }
  // How many clients wait to be linked.
  std::size_t waiting() { return http_->get("/pairings").json().size(); }
  // What it saw against the protocol, by rule.
  std::string violations() { return http_->get("/violations").json()["counts"].dump(); }

 private:
  Program program_;
  Value info_;
  std::uint16_t control_port_ = 0;
  std::unique_ptr<HttpClient> http_;
  std::int64_t accounts_ = 0;
};

}  // namespace waxwing::testing
