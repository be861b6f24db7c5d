// SPDX-License-Identifier: Apache-2.0
// Gathering and checking the server's settings for engines.
#include "app/engine_settings.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "plugin/registry.hpp"

namespace waxwing::app {
namespace {

// One line per problem.
Status all_of(const std::vector<Violation>& violations) {
  std::string lines;
  for (const Violation& violation : violations) {
    lines += (lines.empty() ? "" : "\n") + violation.message();
  }
  return {Code::Invalid, std::move(lines)};
}

bool is_marked(const Json& member, const char* mark) {
  const Json* found = json::find(member, mark);
  return found != nullptr && *found == true;
}

void take_environment(const Json& schema, const config::Environment& environment, Json& values) {
  const Json* members = json::find(schema, "properties");
  if (members == nullptr) {
    return;
  }
  for (const auto& [name, member] : members->items()) {
    const Json* variable = json::find(member, "x-env");
    const std::string* value = variable != nullptr && variable->is_string()
                                   ? environment.find(variable->get<std::string>())
                                   : nullptr;
    if (value != nullptr && !value->empty()) {
      values[name] = *value;
    }
  }
}

Status refuse_tests(const Json& schema, const Json& values, const std::string& path) {
  const Json* members = json::find(schema, "properties");
  for (const auto& [name, value] : values.items()) {
    const Json* member = members != nullptr ? json::find(*members, name) : nullptr;
    if (member != nullptr && is_marked(*member, "x-test")) {
      return {Code::Invalid, path + "." + name + " is for tests: start with --allow-test-endpoint"};
    }
  }
  return Status::ok();
}

}  // namespace

Result<config::SessionConfigSchema> session_config_schema(const config::Config& config,
                                                          const plugin_host::Registry& plugins,
                                                          const config::Environment& environment,
                                                          bool allow_test) {
  struct Given {
    std::string section;
    std::string path;
    Json values;
  };
  std::map<std::string, Json> sections;
  std::vector<Given> given;
  for (const plugin_host::EngineType& engine : plugins.engines()) {
    if (engine.info->config_schema.empty()) {
      continue;
    }
    auto schema = json::parse(engine.info->config_schema);
    if (!schema.has_value()) {
      return schema.error().with("the config schema of engine " + engine.info->id);
    }
    Given own{engine.info->config_section, "engines." + engine.info->id + ".config",
              Json::object()};
    if (const auto it = config.engines.find(engine.info->id); it != config.engines.end()) {
      WAX_TRY(own.values, json::parse(it->second.config_json));
    }
    take_environment(*schema, environment, own.values);
    if (!allow_test) {
      WAX_TRY_VOID(refuse_tests(*schema, own.values, own.path));
    }
    sections[own.section] = config::with_defaults(std::move(*schema), own.values);
    given.push_back(std::move(own));
  }
  WAX_TRY(auto schema, config::SessionConfigSchema::make(sections));
  for (const Given& own : given) {
    const auto violations = schema.check_section(own.section, own.values, own.path);
    if (!violations.empty()) {
      return all_of(violations);
    }
  }
  for (const auto& [name, settings] : config.sessions) {
    if (settings.config_json.has_value()) {
      WAX_TRY(Json own, json::parse(*settings.config_json));
      const auto violations = schema.check(own, true, "sessions." + name + ".config");
      if (!violations.empty()) {
        return all_of(violations);
      }
    }
  }
  return schema;
}

}  // namespace waxwing::app
