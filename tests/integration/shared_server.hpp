// SPDX-License-Identifier: Apache-2.0
// A fixture whose tests share one server; each makes sessions with names of its own.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "support/server_process.hpp"
#include "support/sessions.hpp"

namespace waxwing::testing {

// `Derived` states: static ServerOptions options();
template <class Derived>
class SharedServer : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = std::make_unique<ServerProcess>(Derived::options());
    server_->start();
  }
  static void TearDownTestSuite() { server_.reset(); }

  [[nodiscard]] static ServerProcess& server() { return *server_; }

  // The running test's own name for a session.
  [[nodiscard]] static std::string own_name(const std::string& more = "") {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    return (std::string(test->name()) + more).substr(0, 54);
  }

  HttpClient http_ = server_->client();

 private:
  static inline std::unique_ptr<ServerProcess> server_;
};

// The body of an exception with a text: statusCode, message, error.
inline void expect_error(const Reply& reply, int status, const std::string& part_of_message) {
  EXPECT_EQ(reply.status, status) << reply;
  EXPECT_EQ(reply.header("content-type"), "application/json; charset=utf-8");
  const Value body = reply.json();
  EXPECT_EQ(body["statusCode"].number(), status) << reply;
  EXPECT_NE(body["message"].text().find(part_of_message), std::string::npos) << reply;
}

// The body of a failed validation: `message` is an array.
inline void expect_violations(const Reply& reply, const std::vector<std::string>& messages) {
  EXPECT_EQ(reply.status, 400) << reply;
  const Value body = reply.json();
  EXPECT_EQ(body["statusCode"].number(), 400) << reply;
  EXPECT_EQ(body["error"].text(), "Bad Request") << reply;
  EXPECT_EQ(body["message"].texts(), messages) << reply;
}

}  // namespace waxwing::testing
