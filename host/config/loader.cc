// SPDX-License-Identifier: Apache-2.0
// The steps from sources to Config: parse, override, validate, complete, bind.
#include "config/loader.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "base/json.hpp"
#include "base/json_schema_walk.hpp"
#include "config/bind.hpp"
#include "config/effective.hpp"
#include "config/environment.hpp"
#include "config/problem.hpp"
#include "config/schema.hpp"
#include "config/yaml_tree.hpp"

namespace waxwing::config {
namespace {

using Places = std::map<std::string, std::string>;

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

// The schemas that speak of a place.
schema_walk::Nodes nodes_at(std::string_view path, const Json& document) {
  const Json& root = schema_document();
  schema_walk::Nodes nodes = schema_walk::certain(root, root);
  const Json* value = &document;
  while (!path.empty()) {
    const std::size_t dot = path.find('.');
    const std::string key(path.substr(0, dot));
    nodes = schema_walk::children(root, nodes, key, *value);
    static const Json kNothing = Json::object();
    if (value->is_object() && value->contains(key)) {
      value = &(*value)[key];
    } else if (value->is_array() && !value->empty()) {
      value = &value->front();
    } else {
      value = &kNothing;
    }
    path.remove_prefix(dot == std::string_view::npos ? path.size() : dot + 1);
  }
  return nodes;
}

std::string unknown_option(const std::string& path, const Json& document) {
  const std::size_t dot = path.rfind('.');
  const std::string name = dot == std::string::npos ? path : path.substr(dot + 1);
  std::string best;
  std::size_t distance = 3;
  for (const Json* node :
       nodes_at(dot == std::string::npos ? std::string_view() : path.substr(0, dot), document)) {
    if (const Json* properties = json::find(*node, "properties"); properties != nullptr) {
      for (const auto& [candidate, child] : properties->items()) {
        if (const std::size_t d = edit_distance(name.substr(0, 64), candidate); d < distance) {
          distance = d;
          best = candidate;
        }
      }
    }
  }
  return best.empty() ? "is not an option" : "is not an option; did you mean " + best + "?";
}

// Where the value at `path`, or the nearest thing around it, comes from.
std::string place_of(std::string path, const Places& sources, const std::string& file_name) {
  while (true) {
    if (const auto it = sources.find(path); it != sources.end()) {
      return it->second;
    }
    const std::size_t dot = path.rfind('.');
    if (path.empty()) {
      return file_name.empty() ? "configuration" : file_name;
    }
    path.resize(dot == std::string::npos ? 0 : dot);
  }
}

Problem problem_of(const Violation& violation, const Json& document, const Places& sources,
                   const std::string& file_name) {
  const std::string where = place_of(violation.path, sources, file_name);
  std::string rule = violation.unknown ? unknown_option(violation.path, document) : violation.rule;
  if (rule == "must be a string" && where.rfind("env ", 0) != 0) {
    rule += "; put it in quotes";
  }
  // The variable's name says which option it is; an element of a list does not.
  const bool is_whole_variable = where.rfind("env ", 0) == 0 && sources.contains(violation.path);
  if (is_whole_variable || violation.path.empty()) {
    return {where, std::move(rule)};
  }
  return {where, violation.path + ": " + rule};
}

// `port: ${PORT}` is a number, `password: ${PASSWORD}` is text even when it looks like a number. A
// section without anything in it (`rules:`) is one that is not there.
void adapt(Json& value, const std::string& path, const std::map<std::string, std::string>& raw,
           const schema_walk::Nodes& nodes) {
  const Json& root = schema_document();
  if (value.is_structured()) {
    std::size_t index = 0;
    for (auto it = value.begin(); it != value.end(); ++index) {
      const std::string key = value.is_object() ? it.key() : std::to_string(index);
      const schema_walk::Nodes child = schema_walk::children(root, nodes, key, value);
      const Json* type = schema_walk::keyword(child, "type");
      if (it->is_null() && value.is_object() && type != nullptr &&
          (*type == "object" || *type == "array")) {
        it = value.erase(it);
        continue;
      }
      adapt(*it, schema_walk::join(path, key), raw, child);
      ++it;
    }
    return;
  }
  const auto it = raw.find(path);
  if (it == raw.end() || value.is_string()) {
    return;
  }
  const Json* type = schema_walk::keyword(nodes, "type");
  if (type != nullptr &&
      (*type == "string" || (type->is_array() && type->size() == 2 && (*type)[0] == "string"))) {
    value = it->second;
  }
}

// What a schema cannot say.
void check_together(const Config& config, std::vector<Violation>& out) {
  std::set<std::string> ids;
  for (std::size_t i = 0; i < config.security.keys.size(); ++i) {
    const ApiKey& key = config.security.keys[i];
    const std::string path = "security.keys." + std::to_string(i);
    if (key.admin == !key.session.empty()) {
      out.push_back({path, "must have either admin: true or a session", false});
    }
    if (!ids.insert(key.id).second) {
      out.push_back({path + ".id", "is given twice", false});
    }
  }
  ids.clear();
  for (std::size_t i = 0; i < config.plugins.load.size(); ++i) {
    if (!ids.insert(config.plugins.load[i].id).second) {
      out.push_back({"plugins.load." + std::to_string(i) + ".id", "is given twice", false});
    }
  }
  const auto& buckets = config.metrics.http_duration_buckets;
  if (std::adjacent_find(buckets.begin(), buckets.end(), std::greater_equal<>()) != buckets.end()) {
    out.push_back({"metrics.http_duration_buckets", "must be ascending", false});
  }
  if (config.metrics.path.front() != '/') {
    out.push_back({"metrics.path", "must begin with /", false});
  }
  const HttpLimits& limits = config.http.limits;
  if (limits.body_bytes > limits.bodies_bytes || limits.upload_bytes > limits.bodies_bytes) {
    out.push_back(
        {"http.limits.bodies_bytes", "must not be less than body_bytes and upload_bytes", false});
  }
}

// The file from top to bottom, then the environment.
Status failure(Problems problems) {
  const auto rank = [](const Problem& problem) {
    const std::size_t colon = problem.where.rfind(':');
    return problem.where.rfind("env ", 0) == 0 || colon == std::string::npos
               ? std::numeric_limits<long>::max()
               : std::strtol(problem.where.c_str() + colon + 1, nullptr, 10);
  };
  std::stable_sort(problems.begin(), problems.end(),
                   [&](const Problem& a, const Problem& b) { return rank(a) < rank(b); });
  std::string text;
  for (const Problem& problem : problems) {
    if (!text.empty()) {
      text += '\n';
    }
    text += problem.line();
  }
  return Status(Code::Invalid, std::move(text));
}

}  // namespace

Result<Loaded> load_text(std::string_view yaml, std::string_view file_name,
                         const Sources& sources) {
  const Environment environment =
      sources.environment ? Environment(*sources.environment) : Environment::of_this_process();
  const std::string name(file_name);
  Problems problems;
  YamlTree tree = parse_yaml(yaml, file_name, environment, problems);
  if (!problems.empty() && tree.value.is_null()) {
    return failure(std::move(problems));
  }
  if (tree.value.is_null()) {
    tree.value = Json::object();
  }
  const Json& root = schema_document();
  adapt(tree.value, "", tree.replaced, schema_walk::certain(root, root));
  apply_environment(environment, root, tree.value, tree.sources, problems);
  for (const Violation& violation : schema().validate(tree.value)) {
    if (!tree.unreadable.contains(violation.path)) {
      problems.push_back(problem_of(violation, tree.value, tree.sources, name));
    }
  }
  if (!problems.empty()) {
    return failure(std::move(problems));
  }
  const Json complete = schema().normalise(std::move(tree.value), JsonSchema::Unknown::Keep);
  WAX_TRY(Config config, bind(complete));
  std::vector<Violation> together;
  check_together(config, together);
  for (const Violation& violation : together) {
    problems.push_back(problem_of(violation, complete, tree.sources, name));
  }
  if (!problems.empty()) {
    return failure(std::move(problems));
  }
  return Loaded{std::move(config), effective_options(complete, tree.sources),
                environment_warnings(environment, root)};
}

Result<Loaded> load(const Sources& sources) {
  if (sources.yaml_path.empty()) {
    return load_text("", "", sources);
  }
  const std::string& path = sources.yaml_path;
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    const int error = errno;
    return Status(error == ENOENT ? Code::NotFound : Code::Invalid,
                  path + ": cannot be read: " + std::strerror(error));
  }
  std::string text(kMaxYamlBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.eof() && file.gcount() == 0) {
    return Status(Code::Invalid, path + ": cannot be read: is it a file?");
  }
  text.resize(static_cast<std::size_t>(file.gcount()));
  return load_text(text, path, sources);
}

}  // namespace waxwing::config
