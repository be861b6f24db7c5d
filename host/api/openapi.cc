// SPDX-License-Identifier: Apache-2.0
// Writing the OpenAPI document.
#include "api/openapi.hpp"

#include "api/route.hpp"
#include "base/json.hpp"
#include "config/config.hpp"

#ifndef WAXWING_VERSION
#error "the build defines WAXWING_VERSION"
#endif

namespace waxwing::api {
namespace {

Json operation(const Row& row) {
  Json out = {{"summary", row.summary},
              {"tags", Json::array({row.tag})},
              {"responses", {{std::to_string(row.success), {{"description", ""}}}}}};
  if (row.deprecated) {
    out["deprecated"] = true;
  }
  return out;
}

}  // namespace

std::string openapi_document(const Context& context) {
  Json paths = Json::object();
  for (const Row& row : all_rows(context.config)) {
    if (row.tag.empty() || row.alias) {
      continue;
    }
    std::string method(row.method);
    for (char& c : method) {
      c = static_cast<char>(c - 'A' + 'a');
    }
    paths[std::string(row.pattern)][method] = operation(row);
  }
  const Json document = {
      {"openapi", "3.1.0"},
      {"info", {{"title", context.config.swagger.title}, {"version", WAXWING_VERSION}}},
      {"paths", std::move(paths)}};
  return json::dump(document);
}

}  // namespace waxwing::api
