// SPDX-License-Identifier: Apache-2.0
// From variables to options: which variable sets what, and how its text becomes a value.
#include "config/environment.hpp"

#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <set>
#include <utility>

#include "base/json.hpp"
#include "base/json_schema_walk.hpp"
#include "base/result.hpp"
#include "config/interpolate.hpp"

namespace waxwing::config {
namespace {

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlank);
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  while (true) {
    const std::size_t at = text.find(separator);
    if (const std::string_view item = trimmed(text.substr(0, at)); !item.empty()) {
      out.push_back(item);
    }
    if (at == std::string_view::npos) {
      return out;
    }
    text.remove_prefix(at + 1);
  }
}

Result<Json> to_boolean(std::string_view text, bool yes_no) {
  const std::string word = lower(text);
  if (word == "true" || word == "1" || (yes_no && word == "yes")) {
    return Json(true);
  }
  if (word == "false" || word == "0" || (yes_no && word == "no")) {
    return Json(false);
  }
  return Status(Code::Invalid,
                yes_no ? "must be true, false, 1, 0, yes or no" : "must be true, false, 1 or 0");
}

Result<Json> to_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) {
    return Status(Code::Invalid, "must be an integer number");
  }
  // Unsigned when it can be, as the JSON parser does.
  return value >= 0 ? Json(static_cast<std::uint64_t>(value)) : Json(value);
}

Result<Json> to_number(std::string_view text) {
  if (auto whole = to_integer(text); whole) {
    return whole;
  }
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return Status(Code::Invalid, "must be a number");
  }
  return Json(value);
}

Result<Json> to_headers(std::string_view text) {
  Json out = Json::array();
  for (const std::string_view item : split(text, ';')) {
    if (std::count(item.begin(), item.end(), ':') != 1) {
      return Status(Code::Invalid, "must be Name:Value items separated by ;, each with one colon");
    }
    const std::size_t colon = item.find(':');
    out.push_back({{"name", std::string(trimmed(item.substr(0, colon)))},
                   {"value", std::string(trimmed(item.substr(colon + 1)))}});
  }
  return out;
}

Result<Json> to_links(std::string_view text) {
  Json out = Json::array();
  for (const std::string_view item : split(text, ';')) {
    const std::size_t equals = item.find('=');
    if (equals == std::string_view::npos) {
      return Status(Code::Invalid, "must be Title=URL items separated by ;");
    }
    out.push_back({{"title", std::string(trimmed(item.substr(0, equals)))},
                   {"url", std::string(trimmed(item.substr(equals + 1)))}});
  }
  return out;
}

// The listed value that differs from the text in case only, or the text.
Json to_listed(const Json& values, const std::string& text) {
  for (const Json& value : values) {
    if (value.is_string() && lower(value.get<std::string>()) == lower(text)) {
      return value;
    }
  }
  return text;
}

Result<Json> to_value(const Json& option, const Json& item, const std::string& raw);

Result<Json> to_list(const Json& item, std::string_view text) {
  Json out = Json::array();
  for (const std::string_view part : split(text, ',')) {
    WAX_TRY(Json value, to_value(item, Json::object(), std::string(part)));
    out.push_back(std::move(value));
  }
  return out;
}

Result<Json> to_value(const Json& option, const Json& item, const std::string& raw) {
  const std::string type = json::string_or(option, "type", "string");
  if (type == "boolean") {
    return to_boolean(trimmed(raw), json::bool_or(option, "x-yes-no", false));
  }
  if (type == "integer") {
    return to_integer(trimmed(raw));
  }
  if (type == "number") {
    return to_number(trimmed(raw));
  }
  if (type == "array") {
    const std::string form = json::string_or(option, "x-env-form", "");
    return form == "headers" ? to_headers(raw)
           : form == "links" ? to_links(raw)
                             : to_list(item, raw);
  }
  if (const Json* values = json::find(option, "enum"); values != nullptr) {
    return to_listed(*values, std::string(trimmed(raw)));
  }
  if (json::bool_or(option, "x-secret", false)) {
    return read_secret(raw).transform([](std::string&& text) { return Json(std::move(text)); });
  }
  return Json(raw);
}

// One variable that may set an option.
struct Candidate {
  std::string name;
  std::vector<std::string> when;  // counts only with one of these values; empty = any
  const Json* value = nullptr;    // the option's value then; nullptr = what the variable says
};

std::vector<Candidate> candidates(const Json& option) {
  std::vector<Candidate> out;
  const Json* list = json::find(option, "x-env");
  if (list == nullptr) {
    return out;
  }
  for (const Json& entry : *list) {
    if (entry.is_string()) {
      out.push_back({entry.get<std::string>(), {}, nullptr});
    } else {
      out.push_back({entry["name"].get<std::string>(),
                     entry["when"].get<std::vector<std::string>>(), &entry["value"]});
    }
  }
  return out;
}

// Calls visit(path, option) for every option that has a place of its own.
template <class Visit>
void for_each_option(const Json& root, const Json& node, const std::string& path,
                     const Visit& visit) {
  const Json* properties = json::find(node, "properties");
  if (properties == nullptr) {
    return;
  }
  for (const auto& [name, child] : properties->items()) {
    const Json* target = schema_walk::resolve(root, child);
    if (target == nullptr) {
      continue;
    }
    const std::string child_path = schema_walk::join(path, name);
    visit(child_path, *target);
    for_each_option(root, *target, child_path, visit);
  }
}

// Makes the objects on the way; false when something else is in it (validation will say so).
bool set(Json& document, std::string_view path, Json value) {
  Json* at = &document;
  while (true) {
    if (at->is_null()) {
      *at = Json::object();
    }
    if (!at->is_object()) {
      return false;
    }
    const std::size_t dot = path.find('.');
    at = &(*at)[std::string(path.substr(0, dot))];
    if (dot == std::string_view::npos) {
      *at = std::move(value);
      return true;
    }
    path.remove_prefix(dot + 1);
  }
}

void forget_below(std::map<std::string, std::string>& sources, const std::string& path) {
  const std::string prefix = path + ".";
  auto it = sources.lower_bound(prefix);
  while (it != sources.end() && it->first.compare(0, prefix.size(), prefix) == 0) {
    it = sources.erase(it);
  }
}

bool matches(std::string_view pattern, std::string_view name) {
  if (!pattern.empty() && pattern.back() == '*') {
    pattern.remove_suffix(1);
    return name.substr(0, pattern.size()) == pattern;
  }
  return pattern == name;
}

}  // namespace

Environment::Environment(const std::vector<std::string>& variables) {
  for (const std::string& variable : variables) {
    if (const std::size_t equals = variable.find('='); equals != std::string::npos) {
      values_.emplace(variable.substr(0, equals), variable.substr(equals + 1));
    }
  }
}

Environment Environment::of_this_process() {
  std::vector<std::string> variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    variables.emplace_back(*variable);
  }
  return Environment(variables);
}

const std::string* Environment::find(std::string_view name) const {
  const auto it = values_.find(name);
  return it == values_.end() ? nullptr : &it->second;
}

void apply_environment(const Environment& environment, const Json& schema, Json& document,
                       std::map<std::string, std::string>& sources, Problems& problems) {
  for_each_option(schema, schema, "", [&](const std::string& path, const Json& option) {
    for (const Candidate& candidate : candidates(option)) {
      const std::string* text = environment.find(candidate.name);
      if (text == nullptr || trimmed(*text).empty()) {
        continue;
      }
      if (candidate.value != nullptr && std::find(candidate.when.begin(), candidate.when.end(),
                                                  lower(trimmed(*text))) == candidate.when.end()) {
        continue;
      }
      const std::string where = "env " + candidate.name;
      const Json* items = json::find(option, "items");
      const Json* item = items == nullptr ? nullptr : schema_walk::resolve(schema, *items);
      Result<Json> value = candidate.value != nullptr
                               ? Result<Json>(*candidate.value)
                               : to_value(option, item == nullptr ? Json::object() : *item, *text);
      if (!value) {
        problems.push_back({where, value.error().message()});
      } else if (set(document, path, std::move(value).value())) {
        forget_below(sources, path);
        sources[path] = where;
      }
      return;
    }
  });
}

std::vector<std::string> environment_warnings(const Environment& environment, const Json& schema) {
  std::set<std::string, std::less<>> used;
  for_each_option(schema, schema, "", [&](const std::string&, const Json& option) {
    for (const Candidate& candidate : candidates(option)) {
      used.insert(candidate.name);
    }
  });
  if (const Json* engines = json::find(schema, "x-env-engines")) {
    for (const Json& name : *engines) {
      used.insert(name.get<std::string>());
    }
  }
  const Json* unused = json::find(schema, "x-env-unused");
  std::vector<std::string> warnings;
  for (const auto& [name, value] : environment.all()) {
    if ((name.rfind("WAHA_", 0) != 0 && name.rfind("WHATSAPP_", 0) != 0) || used.contains(name)) {
      continue;
    }
    std::string reason = "not known";
    if (unused != nullptr) {
      for (const auto& [pattern, text] : unused->items()) {
        if (matches(pattern, name)) {
          reason = "not used: " + text.get<std::string>();
        }
      }
    }
    warnings.push_back("env " + name + ": " + reason);
  }
  return warnings;
}

}  // namespace waxwing::config
