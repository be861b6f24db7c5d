// SPDX-License-Identifier: Apache-2.0
// A linked session whose webhook a test reads.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "native_engines.hpp"
#include "support/receiver.hpp"

namespace waxwing::testing {

class NativeEvents : public NativeEngines {
 protected:
  void SetUp() override {
    link();
    listen(R"(["*"])");
  }
  // To these, from now on.
  void listen(const std::string& events) {
    const Reply put =
        http_->put(session_path("one"), R"({"config":{"webhooks":[{"url":")" + receiver_.url() +
                                            R"(","events":)" + events + "}]}}");
    ASSERT_EQ(put.status, 200) << put;
    ASSERT_TRUE(wait_for_status(*http_, "one", "WORKING"));
  }
  // The payload of the event that fits; it comes in the end.
  Value event(const std::string& type, const std::function<bool(const Value&)>& fits) {
    Value found;
    const bool came = receiver_.wait([&](const std::vector<Received>& all) {
      for (const Received& one : all) {
        const Value event = one.json();
        if (event["event"].text() == type && fits(event["payload"])) {
          found = event["payload"];
          return true;
        }
      }
      return false;
    });
    EXPECT_TRUE(came) << type;
    return found;
  }

  const Receiver receiver_;
};

}  // namespace waxwing::testing
