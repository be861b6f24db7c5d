// SPDX-License-Identifier: Apache-2.0
// Ids, and JSON as it is written for hot answers.
#include <string>

#include <gtest/gtest.h>

#include "base/ids.hpp"
#include "base/json.hpp"
#include "base/json_writer.hpp"

namespace waxwing {
namespace {

// The time part of github.com/ulid/spec's example.
TEST(Ulid, TellsTheTimeAndGrows) {
  std::string last = ulid(1'469'922'850'259);
  EXPECT_EQ(last.substr(0, 10), "01arz3ndek");
  for (int i = 0; i < 1'000; ++i) {
    const std::string next = ulid(1'469'922'850'259 + i / 100);
    ASSERT_EQ(next.size(), 26U);
    ASSERT_EQ(next.find_first_not_of("0123456789abcdefghjkmnpqrstvwxyz"), std::string::npos);
    ASSERT_LT(last, next);
    last = next;
  }
  EXPECT_EQ(ulid((std::int64_t{1} << 48) - 1).substr(0, 10), "7zzzzzzzzz");
}

TEST(JsonWriter, EscapesWhatHasToBeAndLeavesTheRest) {
  std::string out;
  JsonWriter(out)
      .begin_object()
      .key("plain")
      .value("grün")
      .key("a \"name\"")
      .value("line\nbreak, \\ and \"quotes\"")
      .key("list")
      .begin_array()
      .value("")
      .value(std::string_view())
      .value(std::int64_t{-7})
      .raw(R"({"x":[1,"2"]})")
      .value(true)
      .null()
      .end_array()
      .end_object();
  EXPECT_EQ(out, R"({"plain":"grün","a \"name\"":"line\nbreak, \\ and \"quotes\"",)"
                 R"("list":["","",-7,{"x":[1,"2"]},true,null]})");
  EXPECT_TRUE(json::parse(out).has_value());
}

}  // namespace
}  // namespace waxwing
