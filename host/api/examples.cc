// SPDX-License-Identifier: Apache-2.0
// Finding the example of a row: written by hand, or the one in the schema of its operation.
#include "api/examples.hpp"

#include <string>

#include "api/operation_schemas.hpp"
#include "api/route.hpp"
#include "base/json.hpp"

namespace waxwing::api {
namespace {

const Json& written(const char* part) {
  static const auto* const all = new Json(json::parse(example_text()).value());
  return all->at(part);
}

// As the API takes it: the session beside the operation's arguments, and what the path says only
// there.
Json body_of(const Row& row, Json arguments) {
  for (auto it = arguments.begin(); it != arguments.end();) {
    const bool in_path = row.pattern.find("{" + it.key() + "}") != std::string_view::npos;
    it = in_path ? arguments.erase(it) : std::next(it);
  }
  if (!row.session_in_path()) {
    arguments["session"] = "default";
  }
  return arguments;
}

}  // namespace

Json request_examples(const Row& row) {
  const std::string place = std::string(row.method) + " " + std::string(row.pattern);
  Json out = Json::object();
  if (const Json* bodies = json::find(written("requests"), place)) {
    for (const auto& [title, body] : bodies->items()) {
      out[title] = {{"value", body}};
    }
    return out;
  }
  // In the schema of an operation that is asked for in another form, they would not fit.
  const Json* const examples = row.request_schema.empty()
                                   ? json::find(operation_document(row.operation), "examples")
                                   : nullptr;
  if (examples != nullptr) {
    for (const Json& example : *examples) {
      const std::string title = "Example " + std::to_string(out.size() + 1);
      out[title] = {{"value", body_of(row, example.value("request", Json::object()))}};
    }
  }
  return out;
}

const Json& parameter_example(std::string_view name) {
  static const Json none;
  const Json* const found = json::find(written("parameters"), name);
  return found == nullptr ? none : *found;
}

}  // namespace waxwing::api
