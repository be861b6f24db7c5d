// SPDX-License-Identifier: Apache-2.0
// What session.status tells of a run.
#include "session/status_history.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace waxwing::session {
namespace {

Json payload(const StatusHistory& history, const std::optional<Reason>& reason = std::nullopt) {
  return *json::parse(history.payload_json("main", reason));
}

TEST(StatusHistory, TellsTheLastThreeStatesOldestFirst) {
  StatusHistory history;
  EXPECT_TRUE(history.note(State::Stopped, State::Starting, "", 1));
  EXPECT_TRUE(history.note(State::Starting, State::ScanQrCode, "", 2));
  EXPECT_TRUE(history.note(State::ScanQrCode, State::Starting, "", 3));
  EXPECT_TRUE(history.note(State::Starting, State::Working, R"({"fresh":true})", 4));
  EXPECT_EQ(payload(history), *json::parse(R"({"name":"main","status":"WORKING","statuses":[
      {"status":"SCAN_QR_CODE","timestamp":2},{"status":"STARTING","timestamp":3},
      {"status":"WORKING","timestamp":4}],"data":{"fresh":true}})"));
  history.clear();
  EXPECT_TRUE(history.note(State::Working, State::Stopped, "", 5));
  EXPECT_EQ(payload(history)["statuses"].size(), 1U);
  EXPECT_TRUE(payload(history)["data"].is_null());
}

TEST(StatusHistory, OnlyWorkingWithTheSameDataIsARepetition) {
  StatusHistory history;
  EXPECT_TRUE(history.note(State::Starting, State::Working, "{}", 1));
  EXPECT_FALSE(history.note(State::Working, State::Working, "{}", 2));
  EXPECT_TRUE(history.note(State::Working, State::Working, R"({"new":1})", 3));
  EXPECT_TRUE(history.note(State::ScanQrCode, State::ScanQrCode, R"({"new":1})", 4));
  EXPECT_EQ(payload(history)["statuses"].size(), 3U);
}

TEST(StatusHistory, TheReasonStandsBesideTheDataOfTheEngine) {
  StatusHistory history;
  ASSERT_TRUE(history.note(State::Working, State::Failed, R"({"code":401})", 1));
  EXPECT_EQ(payload(history, Reason{"logged_out", "Unlinked"})["data"],
            *json::parse(R"({"code":401,"reason":{"id":"logged_out","text":"Unlinked"}})"));
}

}  // namespace
}  // namespace waxwing::session
