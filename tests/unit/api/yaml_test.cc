// SPDX-License-Identifier: Apache-2.0
// What is written as YAML reads back as the same, with another library's parser.
#include "api/yaml.hpp"

#include <string>

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "base/json.hpp"

namespace waxwing::api {
namespace {

Json read(const YAML::Node& node) {
  if (node.IsMap()) {
    Json object = Json::object();
    for (const auto& member : node) {
      object[member.first.Scalar()] = read(member.second);
    }
    return object;
  }
  if (node.IsSequence()) {
    Json array = Json::array();
    for (const YAML::Node& item : node) {
      array.push_back(read(item));
    }
    return array;
  }
  // "!" is what quotes leave: the text is a text, whatever it looks like.
  return node.IsNull()       ? Json()
         : node.Tag() == "!" ? Json(node.Scalar())
                             : json::parse(node.Scalar()).value();
}

class Yaml : public testing::TestWithParam<const char*> {};

TEST_P(Yaml, ReadsBackAsTheSame) {
  const Json value = json::parse(GetParam()).value();
  const std::string text = to_yaml(value);
  EXPECT_EQ(read(YAML::Load(text)), value) << text;
}

INSTANTIATE_TEST_SUITE_P(
    All, Yaml,
    testing::Values(
        R"({})", R"([])", R"("text")", R"(null)",
        R"({"a":{"b":{"c":[1,2,[3,[4]],{"d":5}]}},"e":6})",
        R"([[],{},[[]],[{}],[[1,2],[3]],[{"a":1,"b":[2]},{"c":{}}]])",
        R"({"true":true,"null":null,"1":1,"-1.5e3":-1500.0,"big":18446744073709551615,"":""})",
        // Texts that YAML would take for something else if they were bare.
        R"(["yes","no","~","null","1","1.0","0x1f","2026-11-26","<<","=","- a","a: b","#c","&d","*e","!f","%g","@h","`","{","[",">","|","?",":"])",
        R"({"a: b":1,"#":2,"- x":3,"\"quoted\"":4,"it's":5,"new\nline":6,"/api/{session}":7})",
        R"(["two\nlines\n","tab\there","\r","back\\slash","\"","'","\u0000\u0001\u001b","\u007f","  blanks  ",""])",
        R"(["ä","€","🖥️ Sessions","\u2028\u2029","\ufeff"])"));

TEST(YamlText, EscapesWhatYamlTakesForUnprintable) {
  EXPECT_EQ(to_yaml(json::parse(R"(["\u007f","\u0085x\u009f","\ufeff","ä€"])").value()),
            "- \"\\u007f\"\n"
            "- \"\\u0085x\\u009f\"\n"
            "- \"\\ufeff\"\n"
            "- \"ä€\"\n");
}

TEST(YamlText, IsInBlockStyle) {
  EXPECT_EQ(to_yaml(json::parse(R"({"a":[1,{"b":"c","d":[]}],"e":{"f":null}})").value()),
            "\"a\":\n"
            "  - 1\n"
            "  - \"b\": \"c\"\n"
            "    \"d\": []\n"
            "\"e\":\n"
            "  \"f\": null\n");
}

}  // namespace
}  // namespace waxwing::api
