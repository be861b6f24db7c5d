// SPDX-License-Identifier: Apache-2.0
// The config of a session: what is refused, what is filled in, what engines add.
#include "config/session_config.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"

namespace waxwing::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::vector<std::string> messages(const std::vector<Violation>& violations) {
  std::vector<std::string> out;
  for (const Violation& violation : violations) {
    out.push_back(violation.message());
  }
  return out;
}

SessionConfigSchema schema_with(const std::map<std::string, Json>& sections = {}) {
  auto schema = SessionConfigSchema::make(sections);
  EXPECT_TRUE(schema.has_value()) << (schema ? "" : schema.error().message());
  return schema.value();
}

std::vector<std::string> refused(const char* text, bool strict = false) {
  Json config = Json::parse(text);
  return messages(schema_with().check(config, strict));
}

Json stored(const char* text, const std::map<std::string, Json>& sections = {}) {
  Json config = Json::parse(text);
  EXPECT_THAT(messages(schema_with(sections).check(config, false)), IsEmpty()) << text;
  return config;
}

TEST(SessionConfig, AcceptsEveryFieldOfTheContract) {
  const char* full = R"({
    "metadata": {"user.id": "123", "x": ""},
    "proxy": {"server": "localhost:3128", "username": null, "password": "p"},
    "debug": true,
    "ignore": {"status": null, "groups": true, "channels": false, "broadcast": null},
    "client": {"deviceName": "d", "browserName": null},
    "noweb": {"markOnline": false, "store": {"enabled": true, "fullSync": true}},
    "gows": {"storage": {"messages": true, "groups": null, "chats": false, "labels": true,
                         "contacts": null, "messageSecrets": false}},
    "webjs": {"tagsEventsOn": true},
    "webhooks": [{
      "url": "http://localhost:8080/hook", "events": ["session.status", "message", "*"],
      "hmac": {"key": null},
      "retries": {"policy": "exponential", "delaySeconds": 0.5, "attempts": 4},
      "customHeaders": [{"name": "X-A", "value": ""}]
    }],
    "engine": "GOWS", "storage": "local", "proxyModule": "static"
  })";
  EXPECT_EQ(stored(full), Json::parse(full));
  EXPECT_THAT(refused(full, true), IsEmpty());
}

TEST(SessionConfig, ParentsMayBeNull) {
  for (const char* field : {"metadata", "proxy", "debug", "ignore", "client", "noweb", "gows",
                            "webjs", "webhooks", "engine", "storage", "proxyModule"}) {
    Json config = Json::object();
    config[field] = nullptr;
    EXPECT_THAT(messages(schema_with().check(config, true)), IsEmpty()) << field;
    EXPECT_TRUE(config[field].is_null());
  }
  EXPECT_THAT(refused(R"({"noweb":{"store":null},"gows":{"storage":null},
      "webhooks":[{"url":"http://a","events":[],"hmac":null,"retries":null,"customHeaders":null}]})"),
              IsEmpty());
}

TEST(SessionConfig, SomeMembersMustNotBeNull) {
  EXPECT_THAT(refused(R"({"proxy":{"server":null}})"),
              ElementsAre("config.proxy.server must be a string"));
  EXPECT_THAT(refused(R"({"proxy":{}})"), ElementsAre("config.proxy.server is required"));
  EXPECT_THAT(refused(R"({"noweb":{"markOnline":null,"store":{"enabled":null,"fullSync":null}}})"),
              UnorderedElementsAre("config.noweb.markOnline must be a boolean value",
                                   "config.noweb.store.enabled must be a boolean value",
                                   "config.noweb.store.fullSync must be a boolean value"));
  EXPECT_THAT(refused(R"({"webhooks":[{"url":null,"events":null}]})"),
              UnorderedElementsAre("config.webhooks.0.url must be a URL address",
                                   "config.webhooks.0.events must be an array"));
}

TEST(SessionConfig, FillsInDefaultsOfGivenParentsOnly) {
  EXPECT_EQ(stored("{}"), Json::parse(R"({"debug":false})"));
  EXPECT_EQ(stored(R"({"noweb":{},"debug":true})"),
            Json::parse(R"({"debug":true,"noweb":{"markOnline":true}})"));
  EXPECT_EQ(stored(R"({"noweb":{"store":{}},"webjs":{},"gows":{"storage":{}}})"),
            Json::parse(R"({"debug":false,"gows":{"storage":{}},"webjs":{"tagsEventsOn":false},
                "noweb":{"markOnline":true,"store":{"enabled":false,"fullSync":false}}})"));
  // Those of webhooks apply when they are sent.
  EXPECT_EQ(
      stored(R"({"webhooks":[{"url":"http://a","events":[],"retries":{}}]})"),
      Json::parse(R"({"debug":false,"webhooks":[{"url":"http://a","events":[],"retries":{}}]})"));
}

TEST(SessionConfig, NamesWhatIsWrong) {
  EXPECT_THAT(refused(R"({"webhooks":[{"url":"nonsense","events":["message"]}]})"),
              ElementsAre("config.webhooks.0.url must be a URL address"));
  EXPECT_THAT(refused(R"({"webhooks":[{"url":"","events":["message"]}]})"),
              ElementsAre("config.webhooks.0.url must be a URL address"));
  EXPECT_THAT(refused(R"({"webhooks":[{"url":"http://a","events":["message","nope"]}]})"),
              ElementsAre(HasSubstr(
                  "config.webhooks.0.events.1 must be one of the following values: *, session.")));
  EXPECT_THAT(refused(R"({"webhooks":[{"url":"http://a","events":[],"retries":{
                  "policy":"often","delaySeconds":-1,"attempts":"x"}}]})"),
              UnorderedElementsAre("config.webhooks.0.retries.policy must be one of the following "
                                   "values: linear, exponential, constant",
                                   "config.webhooks.0.retries.delaySeconds must not be less than 0",
                                   "config.webhooks.0.retries.attempts must be a number"));
  EXPECT_THAT(refused(R"({"webhooks":[{"url":"http://a","events":[],
                  "customHeaders":[{"name":"a b","value":"x\ny"},{"name":"ok"}]}]})"),
              UnorderedElementsAre(
                  "config.webhooks.0.customHeaders.0.name must be the name of an HTTP header",
                  "config.webhooks.0.customHeaders.0.value must not contain control characters",
                  "config.webhooks.0.customHeaders.1.value is required"));
  EXPECT_THAT(refused(R"({"metadata":{"a":1,"b":null,"c":{}}})"),
              UnorderedElementsAre("config.metadata.a must be a string",
                                   "config.metadata.b must be a string",
                                   "config.metadata.c must be a string"));
  EXPECT_THAT(refused(R"({"debug":"yes"})"), ElementsAre("config.debug must be a boolean value"));
  EXPECT_THAT(refused(R"({"proxy":{"server":"nowhere"}})"),
              ElementsAre("config.proxy.server must be a proxy server in the form host:port"));
  EXPECT_THAT(refused("[]"), ElementsAre("config must be an object"));
  EXPECT_THAT(refused("\"x\""), ElementsAre("config must be an object"));
}

TEST(SessionConfig, UnknownMembersAreDroppedOrRefused) {
  const char* text = R"({"foo":1,"acme":{},"proxy":{"server":"a:1","bar":2},
      "webhooks":[{"url":"http://a","events":[],"baz":3}]})";
  EXPECT_EQ(stored(text), Json::parse(R"({"debug":false,"proxy":{"server":"a:1"},
      "webhooks":[{"url":"http://a","events":[]}]})"));
  EXPECT_THAT(refused(text, true),
              UnorderedElementsAre("config.property foo should not exist",
                                   "config.property acme should not exist",
                                   "config.proxy.property bar should not exist",
                                   "config.webhooks.0.property baz should not exist"));
}

const std::map<std::string, Json>& sections() {
  static const std::map<std::string, Json> map = {
      {"acme", Json::parse(R"({"type":"object","additionalProperties":false,
           "properties":{"speed":{"$ref":"#/definitions/speed"},
                         "code":{"type":"string","pattern":"^[a-z]+$"}},
           "definitions":{"speed":{"type":"integer","minimum":1,"default":3}}})")},
      {"noweb", Json::parse(R"({"type":"object","properties":{"own":{"type":"string"}}})")}};
  return map;
}

TEST(SessionConfig, EnginesBringTheirOwnSections) {
  EXPECT_EQ(stored(R"({"acme":{"x":1},"noweb":{"own":"o","markOnline":1}})", sections()),
            Json::parse(R"({"acme":{"speed":3},"debug":false,"noweb":{"own":"o"}})"));
  EXPECT_EQ(stored(R"({"acme":null})", sections()), Json::parse(R"({"acme":null,"debug":false})"));
  Json config = Json::parse(R"({"acme":{"speed":0,"code":"A"},"noweb":{"own":5},"debug":1})");
  EXPECT_THAT(messages(schema_with(sections()).check(config, false)),
              UnorderedElementsAre("config.debug must be a boolean value",
                                   "config.acme.speed must not be less than 1",
                                   "config.acme.code must match ^[a-z]+$ regular expression",
                                   "config.noweb.own must be a string"));
  config = Json::parse(R"({"acme":{"x":1}})");
  EXPECT_THAT(messages(schema_with(sections()).check(config, true)),
              ElementsAre("config.acme.property x should not exist"));
  config = Json::parse(R"({"acme":[]})");
  EXPECT_THAT(messages(schema_with(sections()).check(config, true)),
              ElementsAre("config.acme must be an object"));
}

TEST(SessionConfig, AnExpressionOfOneEngineDoesNotLimitOtherFields) {
  Json config = {{"metadata", {{"long", std::string(100'000, 'x')}}}, {"acme", {{"code", "a"}}}};
  EXPECT_THAT(messages(schema_with(sections()).check(config, true)), IsEmpty());
}

// What only the server may set: no session can set it or sees it, the engine gets it.
TEST(SessionConfig, KeepsTheServersMembersToTheServer) {
  const Json section = Json::parse(R"({"type":"object","additionalProperties":false,"properties":{
      "mine":{"type":"boolean","default":true},
      "endpoint":{"type":"string","pattern":"^ws:","x-server":true}}})");
  const Json values = {{"endpoint", "ws://far"}};
  const auto schema = schema_with({{"acme", config::with_defaults(section, values)}});
  EXPECT_THAT(schema.check_section("acme", values, "engines.ACME.config"), IsEmpty());
  EXPECT_THAT(messages(schema.check_section("acme", {{"endpoint", "x"}}, "engines.ACME.config")),
              ElementsAre(HasSubstr("engines.ACME.config.endpoint")));

  Json config = {{"acme", {{"endpoint", "ws://elsewhere"}}}};
  EXPECT_THAT(schema.check(config, true), SizeIs(1));
  config = {{"acme", {{"endpoint", "ws://elsewhere"}}}};
  EXPECT_THAT(schema.check(config, false), IsEmpty());
  EXPECT_EQ(config["acme"], (Json{{"mine", true}}));
  EXPECT_EQ(schema.section("acme", config["acme"])["endpoint"], "ws://far");
  EXPECT_FALSE(schema.document()["properties"]["acme"]["properties"].contains("endpoint"));
}

TEST(SessionConfig, RefusesBadSections) {
  const auto bad = SessionConfigSchema::make({{"acme", Json::parse(R"({"type":"strange"})")}});
  ASSERT_FALSE(bad.has_value());
  EXPECT_THAT(bad.error().message(), HasSubstr("section acme: JSON Schema: "));
  EXPECT_FALSE(SessionConfigSchema::make({{"webhooks", Json::object()}}).has_value());
}

TEST(SessionConfig, OneDocumentDescribesItAll) {
  const Json document = schema_with(sections()).document();
  const auto schema = JsonSchema::compile(document);
  ASSERT_TRUE(schema.has_value()) << schema.error().message();
  EXPECT_EQ(document["properties"]["acme"]["properties"]["speed"]["$ref"],
            "#/properties/acme/definitions/speed");
  EXPECT_THAT(messages(schema->validate(Json::parse(R"({"acme":{"speed":0}})"))),
              ElementsAre("acme.speed must not be less than 1"));
}

TEST(SessionConfig, SessionNames) {
  EXPECT_THAT(check_session_name("default"), IsEmpty());
  EXPECT_THAT(check_session_name("A-z_09"), IsEmpty());
  EXPECT_THAT(check_session_name(std::string(54, 'x')), IsEmpty());
  EXPECT_THAT(messages(check_session_name(std::string(55, 'x'))),
              ElementsAre("name must be shorter than or equal to 54 characters"));
  EXPECT_THAT(messages(check_session_name("a b")),
              ElementsAre("name must match ^[a-zA-Z0-9_-]*$ regular expression"));
  EXPECT_THAT(messages(check_session_name(std::string(60, '.'))), ::testing::SizeIs(2));
  EXPECT_THAT(messages(check_session_name("")), ElementsAre("name should not be empty"));
}

TEST(SessionConfig, EventNames) {
  EXPECT_EQ(event_names().front(), "*");
  EXPECT_THAT(event_names(), ::testing::Contains("group.v2.participants.join-request"));
  EXPECT_THAT(event_names(), ::testing::Contains("webhook.dropped"));
  EXPECT_EQ(event_names().size(), 33U);
}

}  // namespace
}  // namespace waxwing::config
