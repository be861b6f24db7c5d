// SPDX-License-Identifier: Apache-2.0
// What a schema must fulfil before Valijson, which trusts its input, sees it.
#include <algorithm>
#include <array>
#include <exception>
#include <map>
#include <regex>
#include <string>
#include <utility>

#include "base/json.hpp"
#include "base/json_schema_walk.hpp"

namespace waxwing::schema_walk {
namespace {

constexpr std::array kMapsOfSchemas = {"properties", "patternProperties", "definitions", "$defs",
                                       "dependencies"};
constexpr std::array kListsOfSchemas = {"allOf", "anyOf", "oneOf"};
constexpr std::array kSchemas = {
    "items",    "additionalProperties", "additionalItems", "not", "if", "then", "else",
    "contains", "propertyNames"};

template <class Names>
bool is_one_of(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Calls visit(child) for every schema directly inside a schema.
template <class Visit>
void for_each_schema(const Json& schema, const Visit& visit) {
  for (const auto& [name, value] : schema.items()) {
    if (is_one_of(kMapsOfSchemas, name) && value.is_object()) {
      for (const auto& [key, child] : value.items()) {
        visit(child);
      }
    } else if ((is_one_of(kListsOfSchemas, name) || name == "items") && value.is_array()) {
      for (const Json& child : value) {
        visit(child);
      }
    } else if (is_one_of(kSchemas, name)) {
      visit(value);
    }
  }
}

class SchemaCheck {
 public:
  explicit SchemaCheck(const Json& root) : root_(root) {}

  Status run() {
    visit(root_, 0);
    return status_;
  }
  [[nodiscard]] bool has_pattern() const { return has_pattern_; }

 private:
  enum class Mark : std::uint8_t { Open, Done };

  void fail(std::string text) {
    if (status_.is_ok()) {
      status_ = Status(Code::Invalid, "JSON Schema: " + std::move(text));
    }
  }

  void visit(const Json& node, int depth) {
    if (!status_.is_ok() || !node.is_object()) {
      return;
    }
    if (depth > json::kMaxDepth) {
      return fail("nested too deeply");
    }
    has_pattern_ = has_pattern_ || node.contains("pattern") || node.contains("patternProperties");
    check_pattern(node);
    enter(node, 0);
    for_each_schema(node, [&](const Json& child) { visit(child, depth + 1); });
  }

  void check_pattern(const Json& node) {
    try {
      if (const auto it = node.find("pattern"); it != node.end() && it->is_string()) {
        static_cast<void>(std::regex(it->get<std::string>()));
      }
      if (const auto it = node.find("patternProperties"); it != node.end() && it->is_object()) {
        for (const auto& [pattern, child] : it->items()) {
          static_cast<void>(std::regex(pattern));
        }
      }
    } catch (const std::regex_error& e) {
      fail(std::string("bad regular expression: ") + e.what());
    }
  }

  // Follows the edges that lead to a schema for the same value; a cycle of them never ends.
  void enter(const Json& node, int depth) {
    if (!status_.is_ok() || !node.is_object()) {
      return;
    }
    const auto [it, fresh] = marks_.try_emplace(&node, Mark::Open);
    if (!fresh) {
      if (it->second == Mark::Open) {
        fail("a reference leads back to itself");
      }
      return;
    }
    if (depth > 4 * json::kMaxDepth) {
      return fail("nested too deeply");
    }
    if (const auto reference = node.find("$ref"); reference != node.end()) {
      follow(node, *reference, depth);
    }
    for (const char* name : kListsOfSchemas) {
      if (const auto list = node.find(name); list != node.end() && list->is_array()) {
        for (const Json& child : *list) {
          enter(child, depth + 1);
        }
      }
    }
    for (const char* name : {"not", "if", "then", "else"}) {
      if (const auto child = node.find(name); child != node.end()) {
        enter(*child, depth + 1);
      }
    }
    marks_[&node] = Mark::Done;
  }

  void follow(const Json& node, const Json& reference, int depth) {
    if (!reference.is_string()) {
      return fail("$ref must be a string");
    }
    const std::string text = reference.get<std::string>();
    if (text.empty() || text.front() != '#') {
      return fail("$ref \"" + text + "\" leads out of the document");
    }
    const Json one_step = {{"$ref", text}};
    const Json* target = nullptr;
    try {
      const Json::json_pointer pointer(text.substr(1));
      target = root_.contains(pointer) ? &root_.at(pointer) : nullptr;
    } catch (const Json::exception&) {
      target = nullptr;
    }
    if (target == nullptr || target == &node) {
      return fail("$ref \"" + text + "\" leads nowhere");
    }
    enter(*target, depth + 1);
  }

  const Json& root_;
  Status status_;
  bool has_pattern_ = false;
  std::map<const Json*, Mark> marks_;
};

// The schema without what Valijson must not see: formats (it throws on values that are no strings),
// ids (they would move references) and annotations.
Json for_valijson(const Json& schema) {
  if (!schema.is_object()) {
    return schema;
  }
  constexpr std::array kDropped = {"format", "default",  "description", "title",
                                   "$id",    "examples", "$schema",     "id"};
  Json out = Json::object();
  for (const auto& [name, value] : schema.items()) {
    if (is_one_of(kDropped, name) || name.rfind("x-", 0) == 0) {
      continue;
    }
    if (is_one_of(kMapsOfSchemas, name) && value.is_object()) {
      Json& map = out[name] = Json::object();
      for (const auto& [key, child] : value.items()) {
        map[key] = for_valijson(child);
      }
    } else if ((is_one_of(kListsOfSchemas, name) || name == "items") && value.is_array()) {
      Json& list = out[name] = Json::array();
      for (const Json& child : value) {
        list.push_back(for_valijson(child));
      }
    } else {
      out[name] = is_one_of(kSchemas, name) ? for_valijson(value) : value;
    }
  }
  return out;
}

}  // namespace

bool is_too_deep(const Json& value, int left) {
  if (!value.is_structured()) {
    return false;
  }
  return left == 0 || std::any_of(value.begin(), value.end(),
                                  [&](const Json& child) { return is_too_deep(child, left - 1); });
}

Result<Prepared> prepare(const Json& schema) {
  if (is_too_deep(schema, json::kMaxDepth)) {
    return Status(Code::Invalid, "JSON Schema: nested too deeply");
  }
  SchemaCheck check(schema);
  WAX_TRY_VOID(check.run());
  return Prepared{for_valijson(schema), check.has_pattern()};
}

}  // namespace waxwing::schema_walk
