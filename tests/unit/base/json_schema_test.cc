// SPDX-License-Identifier: Apache-2.0
// Texts, defaults and robustness of JSON Schema validation.
#include "base/json_schema.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"

namespace waxwing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

JsonSchema compiled(const char* text) {
  auto schema = JsonSchema::compile(Json::parse(text));
  EXPECT_TRUE(schema.has_value()) << (schema ? "" : schema.error().message());
  return schema.value();
}

std::vector<std::string> lines(const JsonSchema& schema, const char* document,
                               std::string_view prefix = {}) {
  std::vector<std::string> out;
  for (const Violation& violation : schema.validate(Json::parse(document), prefix)) {
    out.push_back(violation.message());
  }
  return out;
}

constexpr const char* kWebhook = R"({
  "type": "object",
  "properties": {
    "webhooks": {"type": ["array", "null"], "maxItems": 3, "items": {"$ref": "#/definitions/hook"}},
    "debug": {"type": "boolean", "default": false},
    "count": {"type": "integer", "minimum": 1, "maximum": 10},
    "ratio": {"type": "number", "exclusiveMinimum": 0},
    "name": {"type": "string", "minLength": 1, "maxLength": 5},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}}
  },
  "additionalProperties": false,
  "definitions": {
    "hook": {
      "type": "object",
      "required": ["url"],
      "properties": {
        "url": {"type": "string", "format": "http-url"},
        "policy": {"type": "string", "enum": ["linear", "constant"], "default": "constant"},
        "retry": {"type": "object", "properties": {"n": {"type": "integer", "default": 15}}}
      },
      "additionalProperties": false
    }
  }
})";

TEST(JsonSchema, SaysWhichFieldBreaksWhichRule) {
  const JsonSchema schema = compiled(kWebhook);
  EXPECT_THAT(lines(schema, R"({"webhooks":[{"url":"http://localhost:1/x"}],"count":10})"),
              IsEmpty());
  EXPECT_THAT(lines(schema, R"({"webhooks":[{"url":"nonsense"}]})", "config"),
              ElementsAre("config.webhooks.0.url must be a URL address"));
  EXPECT_THAT(lines(schema, R"({"webhooks":[{"url":5}]})", "config"),
              ElementsAre("config.webhooks.0.url must be a string"));
  EXPECT_THAT(lines(schema, R"({"webhooks":[{}]})", "config"),
              ElementsAre("config.webhooks.0.url is required"));
  EXPECT_THAT(
      lines(schema, R"({"webhooks":[{"url":"http://a","policy":"often"}]})"),
      ElementsAre("webhooks.0.policy must be one of the following values: linear, constant"));
  EXPECT_THAT(
      lines(schema, R"({"webhooks":[{"url":"http://a","policy":7}]})"),
      ElementsAre("webhooks.0.policy must be one of the following values: linear, constant"));
  EXPECT_THAT(lines(schema, R"({"debug":"yes"})", "config"),
              ElementsAre("config.debug must be a boolean value"));
  EXPECT_THAT(lines(schema, R"({"count":0})"), ElementsAre("count must not be less than 1"));
  EXPECT_THAT(lines(schema, R"({"count":11})"), ElementsAre("count must not be greater than 10"));
  EXPECT_THAT(lines(schema, R"({"count":1.5})"), ElementsAre("count must be an integer number"));
  EXPECT_THAT(lines(schema, R"({"ratio":0})"), ElementsAre("ratio must be greater than 0"));
  EXPECT_THAT(lines(schema, R"({"name":""})"), ElementsAre("name should not be empty"));
  EXPECT_THAT(lines(schema, R"({"name":"abcdef"})"),
              ElementsAre("name must be shorter than or equal to 5 characters"));
  EXPECT_THAT(lines(schema, R"({"labels":{"a":"x","b":1}})"),
              ElementsAre("labels.b must be a string"));
  EXPECT_THAT(lines(schema, R"({"webhooks":5})"), ElementsAre("webhooks must be an array"));
  EXPECT_THAT(lines(schema, R"({"webhooks":[{"url":"http://a"},{"url":"http://a"},
                                            {"url":"http://a"},{"url":"http://a"}]})"),
              ElementsAre("webhooks must contain no more than 3 elements"));
  EXPECT_THAT(lines(schema, "[]"), ElementsAre("must be an object"));
  EXPECT_THAT(lines(schema, "[]", "config"), ElementsAre("config must be an object"));
}

TEST(JsonSchema, ReportsEveryUnknownMemberAndEveryViolationAtOnce) {
  const JsonSchema schema = compiled(kWebhook);
  EXPECT_THAT(
      lines(schema, R"({"foo":1,"bar":2})"),
      UnorderedElementsAre("property foo should not exist", "property bar should not exist"));
  EXPECT_THAT(lines(schema, R"({"count":0,"debug":1,"foo":1,"webhooks":[{"url":"x","y":1}]})", "c"),
              UnorderedElementsAre(
                  "c.count must not be less than 1", "c.debug must be a boolean value",
                  "c.property foo should not exist", "c.webhooks.0.url must be a URL address",
                  "c.webhooks.0.property y should not exist"));
}

TEST(JsonSchema, OwnMessageOverridesTheText) {
  const JsonSchema schema = compiled(
      R"({"properties":{"a":{"type":"string","pattern":"^x+$","x-message":"must be made of x"}}})");
  EXPECT_THAT(lines(schema, R"({"a":"yyy"})"), ElementsAre("a must be made of x"));
  EXPECT_THAT(lines(schema, R"({"a":4})"), ElementsAre("a must be made of x"));
  EXPECT_THAT(lines(schema, R"({"a":"xx"})"), IsEmpty());
}

TEST(JsonSchema, AlternativesAreOneFailure) {
  const JsonSchema schema = compiled(R"({"properties":{"v":{"anyOf":[
      {"type":"string"},{"type":"object","required":["k"],"properties":{"k":{"type":"integer"}}}]}}})");
  EXPECT_THAT(lines(schema, R"({"v":"s"})"), IsEmpty());
  EXPECT_THAT(lines(schema, R"({"v":{"k":1}})"), IsEmpty());
  EXPECT_THAT(lines(schema, R"({"v":5})"), ElementsAre("v must have one of the allowed forms"));
}

TEST(JsonSchema, ConditionsAndAllOfAreExplained) {
  const JsonSchema schema = compiled(R"({
    "allOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"b":{"type":"integer"}}}],
    "if":{"required":["a"]},"then":{"required":["b"]}})");
  EXPECT_THAT(lines(schema, R"({"a":1,"b":"x"})"), ElementsAre("a must be a string"));
  EXPECT_THAT(lines(schema, R"({"a":"x","b":"x"})"), ElementsAre("b must be an integer number"));
  EXPECT_THAT(lines(schema, R"({"a":"x"})"), ElementsAre("b is required"));
  EXPECT_THAT(lines(schema, R"({"b":1})"), IsEmpty());
}

TEST(JsonSchema, FillsDefaultsOfPresentObjectsOnly) {
  const JsonSchema schema = compiled(kWebhook);
  EXPECT_EQ(schema.normalise(Json::parse(R"({"webhooks":[{"url":"u","retry":{}}]})"),
                             JsonSchema::Unknown::Keep),
            Json::parse(R"({"debug":false,
                "webhooks":[{"url":"u","policy":"constant","retry":{"n":15}}]})"));
  EXPECT_EQ(
      schema.normalise(Json::parse(R"({"webhooks":null,"debug":true})"), JsonSchema::Unknown::Keep),
      Json::parse(R"({"webhooks":null,"debug":true})"));
}

TEST(JsonSchema, DropsWhatTheSchemaDoesNotList) {
  const JsonSchema schema = compiled(R"({
    "properties":{
      "open":{"type":"object","properties":{"a":{}},"additionalProperties":true},
      "closed":{"type":"object","properties":{"a":{}}},
      "map":{"type":"object","additionalProperties":{"properties":{"a":{}}}},
      "free":{"type":"object"}}})");
  const Json document = Json::parse(R"({"x":1,
      "open":{"a":1,"b":2},"closed":{"a":1,"b":2},"map":{"k":{"a":1,"b":2}},"free":{"z":1}})");
  EXPECT_EQ(schema.normalise(document, JsonSchema::Unknown::Drop),
            Json::parse(R"({"open":{"a":1,"b":2},"closed":{"a":1},"map":{"k":{"a":1}},
                            "free":{"z":1}})"));
  EXPECT_EQ(schema.normalise(document, JsonSchema::Unknown::Keep), document);
}

TEST(JsonSchema, RefusesSchemasThatNeverEndOrLeadElsewhere) {
  for (const char* text : {
           R"({"$ref":"#"})",
           R"({"allOf":[{"$ref":"#"}]})",
           R"({"properties":{"a":{"$ref":"#/properties/b"},"b":{"$ref":"#/properties/a"}}})",
           R"({"definitions":{"x":{"anyOf":[{"not":{"$ref":"#/definitions/x"}}]}}})",
           R"({"$ref":"http://example.com/schema.json"})",
           R"({"$ref":"#/nowhere"})",
           R"({"$ref":7})",
           R"({"properties":{"a":{"pattern":"("}}})",
           R"({"patternProperties":{"[":{}}})",
           R"({"type":"strange"})",
           R"({"required":"a"})",
           R"({"minimum":"a"})",
           R"("text")",
       }) {
    EXPECT_FALSE(JsonSchema::compile(Json::parse(text)).has_value()) << text;
  }
}

TEST(JsonSchema, RecursiveSchemasWork) {
  const JsonSchema schema = compiled(R"({"type":"object","properties":{
      "name":{"type":"string","default":"n"},
      "child":{"$ref":"#"}},"additionalProperties":false})");
  EXPECT_THAT(lines(schema, R"({"child":{"child":{"child":{"name":1}}}})"),
              ElementsAre("child.child.child.name must be a string"));
  EXPECT_EQ(schema.normalise(Json::parse(R"({"child":{}})"), JsonSchema::Unknown::Drop),
            Json::parse(R"({"child":{"name":"n"},"name":"n"})"));
  // A default that calls for itself ends at the depth limit.
  const JsonSchema endless =
      compiled(R"({"properties":{"c":{"default":{},"allOf":[{"$ref":"#"}]}}})");
  EXPECT_TRUE(endless.normalise(Json::object(), JsonSchema::Unknown::Drop).is_object());
}

TEST(JsonSchema, HostileDocumentsEndInViolations) {
  Json deep = 1;
  for (int i = 0; i < 1000; ++i) {
    deep = Json{{"child", std::move(deep)}};
  }
  const JsonSchema recursive = compiled(R"({"properties":{"child":{"$ref":"#"}}})");
  ASSERT_THAT(recursive.validate(deep), SizeIs(1));
  EXPECT_EQ(recursive.validate(deep)[0].rule, "is nested too deeply");

  const JsonSchema pattern =
      compiled(R"({"properties":{"a":{"type":"string","pattern":"^(a|b|[c-z])*$"}}})");
  const Json text = {{"a", std::string(1'000'000, 'a')}};
  ASSERT_THAT(pattern.validate(text, "x"), SizeIs(1));
  EXPECT_THAT(pattern.validate(text, "x")[0].rule, HasSubstr("4096"));

  const JsonSchema numbers = compiled(R"({"properties":{"a":{"items":{"type":"string"}}}})");
  Json many = Json::array();
  for (int i = 0; i < 5000; ++i) {
    many.push_back(i);
  }
  EXPECT_THAT(numbers.validate(Json{{"a", many}}), SizeIs(JsonSchema::kMaxViolations));
  for (int i = 0; i < 50'000; ++i) {
    many.push_back(i);
  }
  EXPECT_THAT(numbers.validate(Json{{"a", many}}), SizeIs(1));
}

TEST(JsonSchema, FormatsOfValuesThatAreNoTextAreTheTypesAffair) {
  const JsonSchema schema = compiled(R"({"properties":{
      "date":{"type":"string","format":"date"},"url":{"format":"http-url"},
      "format":{"type":"string"},"default":{"type":"integer"}}})");
  EXPECT_THAT(lines(schema, R"({"date":5})"), ElementsAre("date must be a string"));
  EXPECT_THAT(lines(schema, R"({"url":5})"), IsEmpty());
  EXPECT_THAT(lines(schema, R"({"format":1,"default":"x"})"),
              UnorderedElementsAre("format must be a string", "default must be an integer number"));
}

}  // namespace
}  // namespace waxwing
