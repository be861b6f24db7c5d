// SPDX-License-Identifier: Apache-2.0
// Parsing and joining of the two schema documents. They are ours and tested: a fault in them is a
// broken build, so it ends the process.
#include "config/schema.hpp"

#include <array>
#include <string>

#include "base/check.hpp"
#include "config/loader.hpp"

namespace waxwing::config {
namespace {

constexpr std::array kEngineSections = {"noweb", "gows", "webjs"};

template <class Document>
Document joined() {
  auto root = Document::parse(kSchemaText);
  auto session = Document::parse(kSessionConfigText);
  root["definitions"] = session["definitions"];
  session.erase("definitions");
  for (const char* section : kEngineSections) {
    session["properties"].erase(section);
  }
  session["additionalProperties"] = {{"type", {"object", "null"}}, {"x-free", true}};
  root["definitions"]["session_config"] = std::move(session);
  return root;
}

JsonSchema compiled() {
  Result<JsonSchema> result = JsonSchema::compile(schema_document());
  WAX_CHECK(result.has_value());
  return std::move(result).value();
}

}  // namespace

const Json& session_config_document() {
  static const Json document = Json::parse(kSessionConfigText);
  return document;
}

const Json& schema_document() {
  static const Json document = joined<Json>();
  return document;
}

const OrderedJson& ordered_schema_document() {
  static const OrderedJson document = joined<OrderedJson>();
  return document;
}

const JsonSchema& schema() {
  static const JsonSchema compiled_once = compiled();
  return compiled_once;
}

std::string_view schema_text() {
  return kSchemaText;
}

}  // namespace waxwing::config
