// SPDX-License-Identifier: Apache-2.0
// Checking a session's config: the common fields with our schema, each engine's section with that
// engine's own, so that its references and expressions keep to themselves.
#include "config/session_config.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "base/json.hpp"
#include "base/json_schema_walk.hpp"
#include "base/text_format.hpp"
#include "config/schema.hpp"

namespace waxwing::config {
namespace {

constexpr std::size_t kMaxNameBytes = 54;

bool is_builtin_section(std::string_view name) {
  return name == "noweb" || name == "gows" || name == "webjs";
}

// "#/x" -> "#/properties/<section>/x" in every $ref.
void move_references(Json& node, const std::string& section) {
  if (!node.is_structured()) {
    return;
  }
  if (node.is_object()) {
    if (const auto it = node.find("$ref"); it != node.end() && it->is_string()) {
      const std::string target = it->get<std::string>();
      if (!target.empty() && target.front() == '#') {
        *it = "#/properties/" + section + target.substr(1);
      }
    }
  }
  for (Json& child : node) {
    move_references(child, section);
  }
}

// The schema without the members that are the server's to set.
Json without_server_members(Json schema) {
  if (!schema.is_object() || !schema.contains("properties")) {
    return schema;
  }
  Json& properties = schema["properties"];
  for (auto it = properties.begin(); it != properties.end();) {
    const Json* mark = json::find(*it, "x-server");
    it = mark != nullptr && *mark == true ? properties.erase(it) : std::next(it);
  }
  return schema;
}

}  // namespace

std::vector<Violation> check_session_name(std::string_view name, std::string_view path) {
  if (is_session_name(name)) {
    return {};
  }
  const std::string where(path);
  if (name.empty()) {
    return {{where, "should not be empty", false}};
  }
  std::vector<Violation> out;
  if (name.size() > kMaxNameBytes) {
    out.push_back({where, "must be shorter than or equal to 54 characters", false});
  }
  if (!is_session_name(name.substr(0, 1)) || !std::all_of(name.begin(), name.end(), [](char c) {
        return is_session_name(std::string_view(&c, 1));
      })) {
    out.push_back({where, "must match ^[a-zA-Z0-9_-]*$ regular expression", false});
  }
  return out;
}

const std::vector<std::string>& event_names() {
  static const auto names = session_config_document()["definitions"]["event_name"]["enum"]
                                .get<std::vector<std::string>>();
  return names;
}

Json with_defaults(Json schema, const Json& values) {
  if (!schema.is_object() || !values.is_object()) {
    return schema;
  }
  const Json* more = json::find(schema, "additionalProperties");
  const bool closed = more != nullptr && *more == false;
  for (const auto& [name, value] : values.items()) {
    if (closed && !schema["properties"].contains(name)) {
      continue;  // or the schema would come to know what it has to refuse
    }
    Json& member = schema["properties"][name];
    if (value.is_object() && member.is_object() && member.contains("properties")) {
      // An absent object is filled in too, or its members' defaults would never be looked at.
      member = with_defaults(std::move(member), value);
      member["default"] = value;
    } else if (member.is_object() || member.is_null()) {
      member["default"] = value;
    }
  }
  return schema;
}

SessionConfigSchema::SessionConfigSchema(JsonSchema common, std::map<std::string, Section> sections)
    : common_(std::move(common)), sections_(std::move(sections)) {}

Result<SessionConfigSchema> SessionConfigSchema::make(const std::map<std::string, Json>& sections) {
  Json common = session_config_document();
  std::map<std::string, Section> compiled;
  for (const auto& [name, section] : sections) {
    if (common["properties"].contains(name) && !is_builtin_section(name)) {
      return Status(Code::Invalid,
                    "section " + name + ": the name is that of a field of every session");
    }
    Result<JsonSchema> whole = JsonSchema::compile(section);
    Result<JsonSchema> of_sessions = JsonSchema::compile(without_server_members(section));
    if (!whole || !of_sessions) {
      return (whole ? of_sessions : whole).error().with("section " + name);
    }
    compiled.emplace(name, Section{std::move(*of_sessions), std::move(*whole)});
    common["properties"][name] = {{"type", {"object", "null"}}};
  }
  WAX_TRY(JsonSchema schema, JsonSchema::compile(common));
  return SessionConfigSchema(std::move(schema), std::move(compiled));
}

std::vector<Violation> SessionConfigSchema::check(Json& config, bool strict,
                                                  std::string_view path) const {
  if (!strict) {
    config = common_.normalise(std::move(config), JsonSchema::Unknown::Drop);
  }
  std::vector<Violation> violations = common_.validate(config, path);
  config = common_.normalise(std::move(config), JsonSchema::Unknown::Keep);
  for (const auto& [name, known] : sections_) {
    const JsonSchema& schema = known.of_sessions;
    if (!config.is_object() || !config.contains(name) || !config[name].is_object()) {
      continue;
    }
    Json& section = config[name];
    if (!strict) {
      section = schema.normalise(std::move(section), JsonSchema::Unknown::Drop);
    }
    std::vector<Violation> more = schema.validate(section, schema_walk::join(path, name));
    violations.insert(violations.end(), more.begin(), more.end());
    section = schema.normalise(std::move(section), JsonSchema::Unknown::Keep);
  }
  return violations;
}

std::vector<Violation> SessionConfigSchema::check_section(std::string_view name, Json section,
                                                          std::string_view path) const {
  const auto it = sections_.find(std::string(name));
  return it == sections_.end() ? std::vector<Violation>()
                               : it->second.whole.validate(section, path);
}

Json SessionConfigSchema::section(std::string_view name, Json given) const {
  if (!given.is_object()) {
    given = Json::object();
  }
  const auto it = sections_.find(std::string(name));
  return it == sections_.end()
             ? given
             : it->second.whole.normalise(std::move(given), JsonSchema::Unknown::Keep);
}

Json SessionConfigSchema::document() const {
  Json out = common_.document();
  for (const auto& [name, known] : sections_) {
    Json section = known.of_sessions.document();
    move_references(section, name);
    out["properties"][name] = std::move(section);
  }
  return out;
}

}  // namespace waxwing::config
