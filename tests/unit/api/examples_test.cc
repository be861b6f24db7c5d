// SPDX-License-Identifier: Apache-2.0
// Every example that the API page offers belongs to a row, and the operation's own schema takes it.
#include "api/examples.hpp"

#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/operation_schemas.hpp"
#include "api/route.hpp"
#include "base/json.hpp"
#include "config/config.hpp"

namespace waxwing::api {
namespace {

using testing::Contains;
using testing::IsEmpty;

TEST(Examples, AreThoseOfRowsThatThereAre) {
  std::set<std::string> places;
  for (const Row& row : all_rows(config::Config{})) {
    places.insert(std::string(row.method) + " " + std::string(row.pattern));
  }
  const Json all = json::parse(example_text()).value();
  for (const auto& [place, examples] : all.at("requests").items()) {
    EXPECT_THAT(places, Contains(place));
    EXPECT_FALSE(examples.empty()) << place;
  }
}

TEST(Examples, AreThereForEveryBodyAndFitIt) {
  for (const Row& row : all_rows(config::Config{})) {
    const bool has_body = row.method != "GET" && (!row.request_schema.empty() ||
                                                  !operation_document(row.operation).is_null());
    if (!has_body || row.alias || row.tag.empty()) {
      continue;
    }
    const Json examples = request_examples(row);
    EXPECT_FALSE(examples.empty()) << row.method << " " << row.pattern;
    for (const auto& [title, example] : examples.items()) {
      Json arguments = example.at("value");
      EXPECT_EQ(arguments.contains("session"), !row.operation.empty() && !row.session_in_path())
          << row.pattern << ": " << title;
      if (!row.request_schema.empty() || row.operation.empty()) {
        continue;
      }
      arguments.erase("session");
      for (const char* in_path : {"id", "chatId", "messageId"}) {
        if (row.pattern.find("{" + std::string(in_path) + "}") != std::string_view::npos) {
          EXPECT_FALSE(arguments.contains(in_path)) << row.pattern << ": " << title;
          arguments[in_path] = "123123123@g.us";
        }
      }
      EXPECT_THAT(check_arguments(row.operation, nullptr, arguments), IsEmpty())
          << row.pattern << ": " << title;
    }
  }
}

TEST(Examples, OfParametersAreTexts) {
  EXPECT_EQ(parameter_example("session"), "default");
  EXPECT_TRUE(parameter_example("limit").is_null());
}

}  // namespace
}  // namespace waxwing::api
