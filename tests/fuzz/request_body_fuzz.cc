// SPDX-License-Identifier: Apache-2.0
// Any bytes as the body of POST /api/sessions: refused with texts, or a config that passes again
// unchanged.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string_view>

#include "base/json.hpp"
#include "config/session_config.hpp"

namespace {

const waxwing::config::SessionConfigSchema& schema() {
  // One section with what engines may use and our own schema does not: references, expressions.
  static const auto compiled = [] {
    const auto section = waxwing::Json::parse(R"({
      "type": "object", "additionalProperties": false,
      "properties": {
        "name": {"type": "string", "pattern": "^[a-z]+$"},
        "tree": {"$ref": "#/definitions/tree"},
        "choice": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "integer"}}]}
      },
      "definitions": {"tree": {"type": "object", "properties": {
        "child": {"$ref": "#/definitions/tree"}, "size": {"type": "integer", "default": 1}}}}
    })");
    return waxwing::config::SessionConfigSchema::make({{"acme", section}});
  }();
  return compiled.value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace waxwing;
  auto body = json::parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!body) {
    return 0;
  }
  for (const bool strict : {false, true}) {
    Json config = *body;
    const auto violations = schema().check(config, strict);
    if (violations.empty()) {
      Json again = config;
      if (!schema().check(again, true).empty() || again != config) {
        std::abort();
      }
    }
    for (const Violation& violation : violations) {
      if (violation.path.rfind("config", 0) != 0 || violation.message().empty()) {
        std::abort();
      }
    }
  }
  return 0;
}
