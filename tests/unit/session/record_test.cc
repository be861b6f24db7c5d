// SPDX-License-Identifier: Apache-2.0
// What is stored of a session comes back as it was.
#include "session/record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"

namespace waxwing::session {
namespace {

using ::testing::HasSubstr;

TEST(Record, ComesBackAsItWas) {
  Record record;
  record.name = "support";
  record.engine = "ECHO";
  record.storage = "local";
  record.proxy = "static";
  record.config_json = R"({"debug":true,"metadata":{"user":"1"}})";
  record.running = true;
  record.worker = "w1";
  record.me = plugin_host::Me{"1@c.us", "Ana \"A\"", "2@lid", "1:3@s.whatsapp.net"};
  record.storage_version = 7;
  record.created_ms = 1'700'000'000'123;
  const auto back = Record::from_json(record.to_json());
  ASSERT_TRUE(back.has_value()) << back.error().message();
  EXPECT_EQ(back->name, record.name);
  EXPECT_EQ(back->engine, record.engine);
  EXPECT_EQ(back->storage, record.storage);
  EXPECT_EQ(back->proxy, record.proxy);
  EXPECT_EQ(*json::parse(back->config_json), *json::parse(record.config_json));
  EXPECT_TRUE(back->running);
  EXPECT_EQ(back->worker, record.worker);
  EXPECT_EQ(back->me, record.me);
  EXPECT_EQ(back->storage_version, 7U);
  EXPECT_EQ(back->created_ms, record.created_ms);
  EXPECT_EQ(back->to_json(), record.to_json());
}

TEST(Record, TellsAnEmptyWorkerFromNone) {
  Record record;
  record.name = "a";
  record.engine = "ECHO";
  EXPECT_EQ(Record::from_json(record.to_json())->worker, std::nullopt);
  EXPECT_EQ(Record::from_json(record.to_json())->me, std::nullopt);
  record.worker = "";
  EXPECT_EQ(Record::from_json(record.to_json())->worker, "");
}

TEST(Record, RefusesWhatItCannotHaveWritten) {
  for (const char* text : {"", "null", "[]", "{}", R"({"name":"a"})", R"({"engine":"ECHO"})",
                           R"({"name":"","engine":"ECHO"})", R"({"name":1,"engine":"ECHO"})"}) {
    const auto record = Record::from_json(text);
    ASSERT_FALSE(record.has_value()) << text;
    EXPECT_EQ(record.error().code(), Code::Invalid) << text;
  }
}

TEST(Record, DoesWithoutWhatALaterVersionAddedOrAnEarlierLacked) {
  const auto record =
      Record::from_json(R"({"name":"a","engine":"ECHO","later":{"x":1},"storageVersion":null})");
  ASSERT_TRUE(record.has_value()) << record.error().message();
  EXPECT_EQ(record->config_json, "{}");
  EXPECT_FALSE(record->running);
  EXPECT_EQ(record->storage_version, 0U);
}

}  // namespace
}  // namespace waxwing::session
