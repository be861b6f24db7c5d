// SPDX-License-Identifier: Apache-2.0
// Reading of operation schemas and making of documents from them.
#include "requests.hpp"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <random>

#include "base/json.hpp"
#include "base/json_schema.hpp"

namespace waxwing::plugin_check {
namespace {

std::string schema_file(const std::string& schemas, const std::string& op) {
  return schemas + "/ops/" + op + ".json";
}

std::optional<Json> read_json(const std::string& path) {
  std::ifstream in(path);
  if (!in) {
    return std::nullopt;
  }
  const std::string text(std::istreambuf_iterator<char>(in), {});
  auto parsed = json::parse(text);
  return parsed.has_value() ? std::optional<Json>(std::move(*parsed)) : std::nullopt;
}

// The schema of the request and the documents beside it.
struct Source {
  Json schema = Json::object();
  std::vector<Json> examples;
};

void add_examples(const Json& node, std::vector<Json>& to) {
  const Json* list = json::find(node, "examples");
  if (list == nullptr || !list->is_array()) {
    return;
  }
  for (const Json& example : *list) {
    const Json* request = json::find(example, "request");
    to.push_back(request != nullptr && request->is_object() ? *request : example);
  }
}

Source source_of(const std::string& schemas, const plugin_host::OpInfo& op) {
  Source source;
  std::optional<Json> own;
  if (!op.request_schema.empty()) {
    auto parsed = json::parse(op.request_schema);
    own = parsed.has_value() ? std::optional<Json>(std::move(*parsed)) : std::nullopt;
  }
  if (!own.has_value() && !schemas.empty()) {
    if (const auto file = read_json(schema_file(schemas, op.name))) {
      add_examples(*file, source.examples);
      const Json* request = json::find(*file, "request");
      own = request != nullptr ? *request : Json::object();
    }
  }
  if (own.has_value()) {
    add_examples(*own, source.examples);
    source.schema = std::move(*own);
  }
  return source;
}

// The least document that a schema of the usual keywords accepts.
Json least(const Json& schema, const std::string& name, const std::string& tmp, int depth) {
  if (!schema.is_object() || depth > 8) {
    return Json::object();
  }
  for (const char* key : {"default", "const"}) {
    if (const Json* value = json::find(schema, key)) {
      return *value;
    }
  }
  if (const Json* values = json::find(schema, "enum"); values != nullptr && !values->empty()) {
    return values->front();
  }
  if (const Json* examples = json::find(schema, "examples");
      examples != nullptr && examples->is_array() && !examples->empty()) {
    return examples->front();
  }
  const std::string type = json::string_or(schema, "type", "object");
  if (type == "string") {
    const bool place = name.find("path") != std::string::npos ||
                       name.find("dir") != std::string::npos ||
                       name.find("file") != std::string::npos;
    return place && !tmp.empty() ? tmp + "/" + name : "12345678";
  }
  if (type == "integer" || type == "number") {
    const Json* minimum = json::find(schema, "minimum");
    return minimum != nullptr ? *minimum : Json(1);
  }
  if (type == "boolean") {
    return false;
  }
  if (type == "array") {
    return Json::array();
  }
  Json object = Json::object();
  const Json* required = json::find(schema, "required");
  const Json* properties = json::find(schema, "properties");
  if (required != nullptr && required->is_array()) {
    for (const Json& key : *required) {
      const Json* property =
          properties != nullptr ? json::find(*properties, key.get<std::string>()) : nullptr;
      object[key.get<std::string>()] = least(property != nullptr ? *property : Json::object(),
                                             key.get<std::string>(), tmp, depth + 1);
    }
  }
  return object;
}

// The schema `member` of a file, compiled once; none when there is no such schema.
const std::optional<JsonSchema>& compiled(const std::string& file, const std::string& member) {
  static std::map<std::string, std::optional<JsonSchema>> all;
  const auto [it, fresh] = all.try_emplace(file + "#" + member);
  if (fresh) {
    const auto described = read_json(file);
    const Json* schema = described.has_value() ? json::find(*described, member) : nullptr;
    auto made = schema != nullptr ? JsonSchema::compile(*schema)
                                  : Result<JsonSchema>(Status(Code::NotFound, "no schema"));
    if (made.has_value()) {
      it->second = std::move(made).value();
    }
  }
  return it->second;
}

std::string problem_with(const std::string& file, const char* member, const std::string& text) {
  const auto& schema = compiled(file, member);
  if (!schema.has_value()) {
    return {};
  }
  const auto document = json::parse(text.empty() ? "{}" : text);
  if (!document.has_value()) {
    return "no JSON";
  }
  const auto violations = schema->validate(*document);
  return violations.empty() ? "" : violations.front().message();
}

}  // namespace

std::string response_problem(const std::string& schemas, const std::string& op,
                             const std::string& json) {
  return schemas.empty() ? "" : problem_with(schema_file(schemas, op), "response", json);
}

std::string payload_problem(const std::string& schemas, const std::string& event,
                            const std::string& json) {
  return schemas.empty() ? ""
                         : problem_with(schemas + "/events/" + event + ".json", "payload", json);
}

bool is_standard(const std::string& schemas, const std::string& op) {
  return !schemas.empty() && std::filesystem::exists(schema_file(schemas, op));
}

std::vector<std::string> valid_requests(const std::string& schemas, const plugin_host::OpInfo& op) {
  const Source source = source_of(schemas, op);
  std::vector<std::string> requests;
  for (const Json& example : source.examples) {
    requests.push_back(json::dump(example));
  }
  if (requests.empty() && !source.schema.empty()) {
    requests.push_back(json::dump(least(source.schema, "", "", 0)));
  }
  return requests;
}

std::vector<std::string> broken_requests(const std::string& schemas, const plugin_host::OpInfo& op,
                                         std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::vector<std::string> broken = {"{}", R"({"nonsense":[1,2,{"deep":[[[[null]]]]}]})",
                                     R"({"":"","\u0000":"\u0000","__proto__":{"a":1}})"};
  const std::vector<Json> wrong = {nullptr,
                                   true,
                                   -1,
                                   1e300,
                                   "",
                                   "\xF0\x9F\x90\xA6",
                                   Json::array({1}),
                                   Json::object({{"a", 1}}),
                                   std::string(100'000, 'x')};
  for (const std::string& valid : valid_requests(schemas, op)) {
    const auto parsed = json::parse(valid);
    if (!parsed.has_value() || !parsed->is_object()) {
      continue;
    }
    for (const auto& [key, value] : parsed->items()) {
      Json other = *parsed;
      other.erase(key);
      broken.push_back(json::dump(other));
      for (const Json& bad : wrong) {
        other = *parsed;
        other[key] = bad;
        broken.push_back(json::dump(other));
      }
      // A few random octets in the middle of a text, kept valid as JSON.
      std::string noise;
      for (int i = 0; i < 20; ++i) {
        noise += static_cast<char>(random() % 127 + 1);
      }
      other = *parsed;
      other[key] = noise;
      broken.push_back(json::dump(other));
    }
  }
  return broken;
}

std::string config_from_schema(const std::string& schema_text, const std::string& tmp) {
  if (schema_text.empty()) {
    return "{}";
  }
  const auto schema = json::parse(schema_text);
  if (!schema.has_value()) {
    return "{}";
  }
  Json config = least(*schema, "", tmp, 0);
  if (const auto compiled = JsonSchema::compile(*schema); compiled.has_value()) {
    config = compiled->normalise(std::move(config), JsonSchema::Unknown::Keep);
  }
  return json::dump(config);
}

}  // namespace waxwing::plugin_check
