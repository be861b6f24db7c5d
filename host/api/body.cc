// SPDX-License-Identifier: Apache-2.0
// Bodies and query parameters.
#include "api/body.hpp"

#include "api/errors.hpp"
#include "base/json.hpp"
#include "http/url.hpp"

namespace waxwing::api {

std::optional<Json> body_object(Call& call) {
  const std::string body = call.request.take_body();
  if (body.empty()) {
    return Json::object();
  }
  const std::string_view type = call.request.header_or_empty("content-type");
  // `curl -d` says form whatever it sends; a form never begins with a brace.
  if (type.starts_with("application/x-www-form-urlencoded") && !body.starts_with('{')) {
    auto fields = http::parse_query(body);
    if (!fields.has_value()) {
      call.send(http::error_response(400, "malformed form body"));
      return std::nullopt;
    }
    Json object = Json::object();
    for (auto& [name, value] : *fields) {
      object[name] = value;
    }
    return object;
  }
  auto parsed = json::parse(body);
  if (!parsed.has_value()) {
    call.send(http::error_response(400, parsed.error().message()));
    return std::nullopt;
  }
  if (!parsed->is_object()) {
    call.send(http::error_response(400, "the body must be a JSON object"));
    return std::nullopt;
  }
  return std::move(*parsed);
}

std::optional<Json> body_object(Call& call, const JsonSchema& schema, bool strict) {
  auto body = body_object(call);
  if (!body.has_value()) {
    return std::nullopt;
  }
  auto violations = schema.validate(*body);
  if (!strict) {
    std::erase_if(violations, [](const Violation& violation) { return violation.unknown; });
  }
  if (!violations.empty()) {
    call.send(from_violations(violations));
    return std::nullopt;
  }
  return schema.normalise(std::move(*body), JsonSchema::Unknown::Drop);
}

std::optional<bool> query_bool(Call& call, std::string_view name, bool fallback) {
  const auto value = call.request.query(name);
  if (!value.has_value()) {
    return fallback;
  }
  if (*value == "true" || *value == "True" || *value == "1") {
    return true;
  }
  if (*value == "false" || *value == "False" || *value == "0") {
    return false;
  }
  call.send(from_violations({{std::string(name), "must be a boolean value", false}}));
  return std::nullopt;
}

}  // namespace waxwing::api
