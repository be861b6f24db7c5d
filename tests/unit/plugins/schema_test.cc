// SPDX-License-Identifier: Apache-2.0
// The schema files of operations and events: well-formed, and their examples are valid by them.
#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/json_schema.hpp"
#include "schema_files.hpp"

namespace {

using ::testing::AnyOf;
using ::testing::StartsWith;
using waxwing::Json;
using waxwing::JsonSchema;

struct File {
  std::string name;  // without ".json"
  Json json;
};

std::vector<File> files(const std::string& folder) {
  std::vector<File> found;
  for (const auto& entry : std::filesystem::directory_iterator(WAX_SCHEMA_DIRECTORY "/" + folder)) {
    found.push_back(
        {entry.path().stem().string(), waxwing::testing::read_schema_file(entry.path())});
  }
  return found;
}

void expect_valid(const Json& schema, const Json& document, const std::string& where) {
  const auto compiled = JsonSchema::compile(schema);
  ASSERT_TRUE(compiled.has_value()) << where << ": " << compiled.error().message();
  for (const waxwing::Violation& violation : compiled->validate(document)) {
    ADD_FAILURE() << where << ": " << violation.message();
  }
}

TEST(Schemas, OperationsOfTheSessionsPageAreThere) {
  std::vector<std::string> names;
  for (const File& file : files("ops")) {
    names.push_back(file.name);
  }
  EXPECT_THAT(names, ::testing::IsSupersetOf({"auth.requestCode", "auth.passkeyChallenge",
                                              "auth.passkeyAssert", "auth.passkeyConfirmation",
                                              "auth.passkeyConfirm", "session.screenshot",
                                              "account.capping", "account.timelock",
                                              "messages.sendText", "contacts.checkExists"}));
}

TEST(Schemas, ExamplesOfOperationsAreValid) {
  for (const File& file : files("ops")) {
    EXPECT_EQ(file.json.at("name"), file.name);
    EXPECT_FALSE(file.json.at("summary").get<std::string>().empty());
    EXPECT_FALSE(file.json.at("examples").empty()) << file.name;
    for (const Json& example : file.json.at("examples")) {
      expect_valid(file.json.at("request"), example.at("request"), file.name + " request");
      expect_valid(file.json.at("response"), example.at("response"), file.name + " response");
    }
    for (const Json& error : file.json.at("errors")) {
      EXPECT_THAT(error.at("status").get<std::string>(), StartsWith("WAX_E_"));
    }
  }
}

TEST(Schemas, ExamplesOfEventsAreValid) {
  for (const File& file : files("events")) {
    EXPECT_EQ(file.json.at("name"), file.name);
    EXPECT_THAT(file.json.at("source").get<std::string>(), AnyOf("host", "engine"));
    for (const Json& example : file.json.at("examples")) {
      expect_valid(file.json.at("payload"), example, file.name);
    }
  }
}

}  // namespace
