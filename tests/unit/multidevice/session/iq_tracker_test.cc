// SPDX-License-Identifier: Apache-2.0
// Queries end exactly once: by an answer, in time, or with the connection.
#include "multidevice/session/iq_tracker.hpp"

#include <gtest/gtest.h>

#include "multidevice/binary/node.hpp"

namespace waxwing::multidevice {
namespace {

using Kind = IqReply::Kind;

Node reply(std::string_view type, std::string_view id) {
  return Node("iq").set("type", type).set("id", id);
}

TEST(IqTracker, GivesEachAnswerToItsQuery) {
  IqTracker iqs;
  std::vector<std::string> ended;
  iqs.expect("a", 100, [&](const IqReply& r) { ended.push_back(r.ok() ? "a ok" : "a failed"); });
  iqs.expect("b", 50, [&](const IqReply& r) { ended.push_back("b " + std::to_string(r.code)); });
  EXPECT_EQ(iqs.next_deadline_ms(), 50);
  EXPECT_TRUE(iqs.answer(reply("error", "b").add(Node("error").set("code", "404"))));
  EXPECT_TRUE(iqs.answer(reply("result", "a")));
  EXPECT_FALSE(iqs.answer(reply("result", "a")));
  EXPECT_EQ(ended, (std::vector<std::string>{"b 404", "a ok"}));
  EXPECT_EQ(iqs.next_deadline_ms(), 0);
}

TEST(IqTracker, EndsWhatIsLateOrLost) {
  IqTracker iqs;
  std::vector<Kind> ended;
  const auto note = [&](const IqReply& r) { ended.push_back(r.kind); };
  iqs.expect("a", 100, note);
  iqs.expect("b", 200, note);
  iqs.expire(100);
  EXPECT_EQ(ended, (std::vector{Kind::Timeout}));
  iqs.fail_all(Kind::Lost);
  EXPECT_EQ(ended, (std::vector{Kind::Timeout, Kind::Lost}));
  EXPECT_EQ(iqs.size(), 0U);
}

TEST(IqTracker, LetsHandlersAskAgain) {
  IqTracker iqs;
  int asked = 0;
  const IqHandler again = [&](const IqReply&) {
    ++asked;
    iqs.expect("next" + std::to_string(asked), 10, [](const IqReply&) {});
  };
  iqs.expect("a", 5, again);
  iqs.expect("b", 5, again);
  iqs.expire(7);
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(iqs.size(), 2U);
  iqs.fail_all(Kind::Lost);
  EXPECT_EQ(iqs.size(), 0U);
}

TEST(IqTracker, NeverRepeatsAnIdOfAConnection) {
  IqTracker iqs;
  iqs.restart();
  const std::string first = iqs.next_id();
  EXPECT_NE(first, iqs.next_id());
  iqs.restart();
  EXPECT_NE(first, iqs.next_id());
}

}  // namespace
}  // namespace waxwing::multidevice
