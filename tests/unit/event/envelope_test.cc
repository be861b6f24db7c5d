// SPDX-License-Identifier: Apache-2.0
// Tests of the header below.
#include "event/envelope.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"

namespace waxwing::event {
namespace {

Draft draft() {
  Draft draft;
  draft.type = "message";
  draft.session = "default";
  draft.engine = "GOWS";
  draft.order_key = "1@c.us";
  draft.payload_json = R"({"body":"a \"quoted\" text"})";
  draft.me_json = "null";
  draft.timestamp_ms = 1741249702485;
  return draft;
}

TEST(Envelope, HasTheMembersOfTheContract) {
  const Envelope envelope("1.2.3", "linux/x64", "");
  Draft with_metadata = draft();
  with_metadata.metadata_json = R"({"k":"v"})";
  const EventPtr event = envelope.make(with_metadata);
  const auto json = json::parse(event->json);
  ASSERT_TRUE(json.has_value());
  const Json expected = {{"id", event->id},
                         {"timestamp", 1741249702485},
                         {"event", "message"},
                         {"session", "default"},
                         {"metadata", {{"k", "v"}}},
                         {"me", nullptr},
                         {"payload", {{"body", "a \"quoted\" text"}}},
                         {"engine", "GOWS"},
                         {"environment",
                          {{"version", "1.2.3"},
                           {"engine", "GOWS"},
                           {"tier", "CORE"},
                           {"browser", nullptr},
                           {"platform", "linux/x64"},
                           {"worker", {{"id", nullptr}}}}}};
  EXPECT_EQ(*json, expected);
  EXPECT_EQ(event->id.size(), 30U);
  EXPECT_EQ(event->order_key, "1@c.us");
}

TEST(Envelope, LeavesOutMetadataThatIsNotThereAndNamesTheWorker) {
  const EventPtr event = Envelope("1", "p", "worker \"1\"").make(draft());
  const auto json = json::parse(event->json);
  ASSERT_TRUE(json.has_value());
  EXPECT_FALSE(json->contains("metadata"));
  EXPECT_EQ((*json)["environment"]["worker"]["id"], "worker \"1\"");
}

TEST(Envelope, IdsGrow) {
  const Envelope envelope("1", "p", "");
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    const EventPtr event = envelope.make(draft());
    EXPECT_GT(event->id, last);
    last = event->id;
  }
}

}  // namespace
}  // namespace waxwing::event
