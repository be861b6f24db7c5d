// SPDX-License-Identifier: Apache-2.0
// Checking the arguments of operations.
#include "api/operation_schemas.hpp"

#include <map>
#include <mutex>
#include <string>

#include "base/json.hpp"
#include "plugin/module.hpp"

namespace waxwing::api {
namespace {

struct Standard {
  Json document;
  std::optional<JsonSchema> request;
};

std::optional<JsonSchema> compile(const Json& schema) {
  auto compiled = JsonSchema::compile(schema);
  return compiled.has_value() ? std::optional(std::move(*compiled)) : std::nullopt;
}

const std::map<std::string, Standard, std::less<>>& standards() {
  static const auto* const all = [] {
    auto* made = new std::map<std::string, Standard, std::less<>>;
    for (const SchemaFile& file : operation_files()) {
      Standard standard;
      standard.document = json::parse(file.text).value();
      standard.request = compile(standard.document.at("request"));
      made->emplace(file.name, std::move(standard));
    }
    return made;
  }();
  return *all;
}

// An engine's own schemas are compiled once; there are as many as engines have operations.
std::optional<JsonSchema> own_schema(const std::string& text) {
  static std::mutex mutex;
  static std::map<std::string, std::optional<JsonSchema>> cache;  // guarded by mutex
  const std::lock_guard lock(mutex);
  const auto it = cache.find(text);
  if (it != cache.end()) {
    return it->second;
  }
  const auto parsed = json::parse(text);
  auto schema = parsed.has_value() ? compile(*parsed) : std::nullopt;
  cache.emplace(text, schema);
  return schema;
}

}  // namespace

const Json& operation_document(std::string_view name) {
  static const Json none;
  const auto it = standards().find(name);
  return it == standards().end() ? none : it->second.document;
}

std::vector<Violation> check_arguments(std::string_view name, const plugin_host::OpInfo* op,
                                       const Json& arguments) {
  std::optional<JsonSchema> schema;
  if (op != nullptr && !op->request_schema.empty()) {
    schema = own_schema(op->request_schema);
  } else if (const auto it = standards().find(name); it != standards().end()) {
    schema = it->second.request;
  }
  return schema.has_value() ? schema->validate(arguments) : std::vector<Violation>{};
}

}  // namespace waxwing::api
