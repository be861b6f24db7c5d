// SPDX-License-Identifier: Apache-2.0
// Finding the schema nodes that speak of a place in a document, and wording their rules.
#include "base/json_schema_walk.hpp"

#include <algorithm>
#include <cstddef>
#include <regex>

#include "base/text_format.hpp"

namespace waxwing::schema_walk {
namespace {

constexpr int kMaxReferences = 32;

const Json* member(const Json& object, const char* name) {
  return json::find(object, name);
}

// compile() has refused cycles, so the recursion ends.
void add_certain(const Json& root, const Json& node, Nodes& out) {
  const Json* target = resolve(root, node);
  if (target == nullptr || !target->is_object()) {
    return;
  }
  out.push_back(target);
  if (const Json* all = member(*target, "allOf"); all != nullptr && all->is_array()) {
    for (const Json& part : *all) {
      add_certain(root, part, out);
    }
  }
}

bool matches_a_pattern(const Json& node, std::string_view key, const Json** schema) {
  const Json* patterns = member(node, "patternProperties");
  if (patterns == nullptr || !patterns->is_object()) {
    return false;
  }
  for (const auto& [pattern, child] : patterns->items()) {
    try {
      if (std::regex_search(key.begin(), key.end(), std::regex(pattern))) {
        *schema = &child;
        return true;
      }
    } catch (const std::regex_error&) {
      continue;  // validate() reports what cannot be matched
    }
  }
  return false;
}

bool lists(const Json& node, std::string_view key) {
  const Json* properties = member(node, "properties");
  const Json* ignored = nullptr;
  return (properties != nullptr && properties->contains(key)) ||
         matches_a_pattern(node, key, &ignored);
}

bool lists_members(const Json& node) {
  return member(node, "properties") != nullptr || member(node, "patternProperties") != nullptr;
}

std::string plain(const Json& value) {
  return value.is_string() ? value.get<std::string>() : json::dump(value);
}

std::string comma_list(const Json& values) {
  std::string text;
  for (const Json& value : values) {
    if (value.is_null()) {
      continue;
    }
    text += (text.empty() ? "" : ", ") + plain(value);
  }
  return text;
}

std::string type_name(const std::string& type) {
  if (type == "string") {
    return "a string";
  }
  if (type == "boolean") {
    return "a boolean value";
  }
  if (type == "integer") {
    return "an integer number";
  }
  if (type == "number") {
    return "a number";
  }
  if (type == "object") {
    return "an object";
  }
  if (type == "array") {
    return "an array";
  }
  return type;
}

std::string type_rule(const Json& type) {
  if (type.is_string()) {
    return "must be " + type_name(type.get<std::string>());
  }
  std::string text;
  bool null_too = false;
  for (const Json& one : type) {
    const std::string name = plain(one);
    if (name == "null") {
      null_too = true;
      continue;
    }
    text += (text.empty() ? "must be " : " or ") + type_name(name);
  }
  return text.empty() && null_too ? "must be null" : text;
}

std::string limit_rule(std::string_view before, const Json& limit, std::string_view after) {
  return std::string(before) + plain(limit) + std::string(after);
}

std::string word(std::string_view failing, const Json& value) {
  if (failing == "type") {
    return type_rule(value);
  }
  if (failing == "enum") {
    return "must be one of the following values: " + comma_list(value);
  }
  if (failing == "const") {
    return "must be " + plain(value);
  }
  if (failing == "minimum") {
    return limit_rule("must not be less than ", value, "");
  }
  if (failing == "maximum") {
    return limit_rule("must not be greater than ", value, "");
  }
  if (failing == "exclusiveMinimum") {
    return limit_rule("must be greater than ", value, "");
  }
  if (failing == "exclusiveMaximum") {
    return limit_rule("must be less than ", value, "");
  }
  if (failing == "multipleOf") {
    return limit_rule("must be divisible by ", value, "");
  }
  if (failing == "minLength") {
    return value == 1 ? "should not be empty"
                      : limit_rule("must be longer than or equal to ", value, " characters");
  }
  if (failing == "maxLength") {
    return limit_rule("must be shorter than or equal to ", value, " characters");
  }
  if (failing == "minItems") {
    return value == 1 ? "should not be empty"
                      : limit_rule("must contain at least ", value, " elements");
  }
  if (failing == "maxItems") {
    return limit_rule("must contain no more than ", value, " elements");
  }
  if (failing == "minProperties") {
    return value == 1 ? "should not be empty"
                      : limit_rule("must contain at least ", value, " members");
  }
  if (failing == "maxProperties") {
    return limit_rule("must contain no more than ", value, " members");
  }
  if (failing == "pattern") {
    return limit_rule("must match ", value, " regular expression");
  }
  if (failing == "uniqueItems") {
    return "must not contain the same element twice";
  }
  if (failing == "format") {
    const TextFormat* format = find_text_format(plain(value));
    return format == nullptr ? "is not valid" : std::string(format->rule);
  }
  if (failing == "anyOf" || failing == "oneOf") {
    return "must have one of the allowed forms";
  }
  return "is not valid";
}

}  // namespace

const Json* resolve(const Json& root, const Json& node) {
  const Json* current = &node;
  for (int i = 0; i < kMaxReferences; ++i) {
    const Json* reference = member(*current, "$ref");
    if (reference == nullptr) {
      return current;
    }
    if (!reference->is_string()) {
      return nullptr;
    }
    const std::string text = reference->get<std::string>();
    if (text.empty() || text.front() != '#') {
      return nullptr;
    }
    try {
      const Json::json_pointer pointer(text.substr(1));
      if (!root.contains(pointer)) {
        return nullptr;
      }
      current = &root.at(pointer);
    } catch (const Json::exception&) {
      return nullptr;
    }
  }
  return nullptr;
}

Nodes certain(const Json& root, const Json& node) {
  Nodes out;
  add_certain(root, node, out);
  return out;
}

Nodes possible(const Json& root, const Nodes& nodes) {
  Nodes out = nodes;
  for (std::size_t i = 0; i < out.size(); ++i) {
    for (const char* name : {"anyOf", "oneOf"}) {
      if (const Json* branches = member(*out[i], name);
          branches != nullptr && branches->is_array()) {
        for (const Json& branch : *branches) {
          add_certain(root, branch, out);
        }
      }
    }
    for (const char* name : {"if", "then", "else"}) {
      if (const Json* branch = member(*out[i], name); branch != nullptr) {
        add_certain(root, *branch, out);
      }
    }
  }
  return out;
}

Nodes children(const Json& root, const Nodes& nodes, std::string_view key, const Json& parent) {
  Nodes out;
  for (const Json* node : nodes) {
    if (parent.is_array()) {
      const Json* items = member(*node, "items");
      if (items != nullptr && items->is_object()) {
        add_certain(root, *items, out);
      }
      continue;
    }
    const Json* properties = member(*node, "properties");
    const Json* child = nullptr;
    if (properties != nullptr && properties->contains(key)) {
      add_certain(root, *properties->find(key), out);
    } else if (matches_a_pattern(*node, key, &child)) {
      add_certain(root, *child, out);
    } else if (const Json* others = member(*node, "additionalProperties"); others != nullptr) {
      add_certain(root, *others, out);
    }
  }
  return out;
}

bool is_unknown(const Nodes& nodes, std::string_view key) {
  return std::any_of(nodes.begin(), nodes.end(), [&](const Json* node) {
    const auto others = node->find("additionalProperties");
    return others != node->end() && *others == false && !lists(*node, key);
  });
}

bool is_unlisted(const Nodes& nodes, std::string_view key) {
  // With allOf, each part lists its own members: all of them count together.
  bool listing = false;
  for (const Json* node : nodes) {
    if (lists(*node, key)) {
      return is_unknown(nodes, key);
    }
    const auto others = node->find("additionalProperties");
    if (others != node->end() && *others != false) {
      return false;
    }
    listing = listing || lists_members(*node) || others != node->end();
  }
  return listing;
}

const Json* keyword(const Nodes& nodes, const char* name) {
  for (const Json* node : nodes) {
    if (const Json* value = member(*node, name); value != nullptr) {
      return value;
    }
  }
  return nullptr;
}

std::string rule_text(const Nodes& nodes, const char* failing) {
  if (const Json* message = keyword(nodes, "x-message");
      message != nullptr && message->is_string()) {
    return message->get<std::string>();
  }
  const Json* value = keyword(nodes, failing);
  return value == nullptr ? "is not valid" : word(failing, *value);
}

std::string join(std::string_view path, std::string_view key) {
  std::string out(path);
  if (!out.empty()) {
    out += '.';
  }
  return out.append(key);
}

}  // namespace waxwing::schema_walk
