// SPDX-License-Identifier: Apache-2.0
// Walking document and ordered schema side by side, with secrets masked.
#include "config/effective.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "base/json.hpp"
#include "base/json_schema_walk.hpp"
#include "config/schema.hpp"

namespace waxwing::config {
namespace {

constexpr const char* kMask = "***";

const OrderedJson* find(const OrderedJson* node, const char* name) {
  if (node == nullptr || !node->is_object()) {
    return nullptr;
  }
  const auto it = node->find(name);
  return it == node->end() ? nullptr : &*it;
}

const OrderedJson* resolved(const OrderedJson* node) {
  while (const OrderedJson* reference = find(node, "$ref")) {
    const OrderedJson::json_pointer pointer(reference->get<std::string>().substr(1));
    node = &ordered_schema_document().at(pointer);
  }
  return node != nullptr && node->is_object() ? node : nullptr;
}

const OrderedJson* child_schema(const OrderedJson* node, const std::string& key) {
  const OrderedJson* properties = find(node, "properties");
  if (properties != nullptr && properties->contains(key)) {
    return resolved(&properties->at(key));
  }
  return resolved(find(node, "additionalProperties"));
}

bool sounds_secret(std::string_view key) {
  std::string name(key);
  std::transform(name.begin(), name.end(), name.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  constexpr std::array kWords = {"password", "passwd", "secret", "token", "key", "credential"};
  return std::any_of(kWords.begin(), kWords.end(),
                     [&](const char* word) { return name.find(word) != std::string::npos; });
}

// "postgres://user:pass@host/db" without what stands between // and @.
std::string without_credentials(const std::string& text) {
  const std::size_t scheme = text.find("://");
  if (scheme == std::string::npos) {
    return text;
  }
  const std::size_t begin = scheme + 3;
  const std::size_t at = text.substr(0, text.find_first_of("/?#", begin)).rfind('@');
  return at == std::string::npos || at < begin ? text
                                               : text.substr(0, begin) + kMask + text.substr(at);
}

Json masked(const OrderedJson* schema, const std::string& key, const Json& value) {
  if (value.is_object()) {
    Json out = Json::object();
    for (const auto& [name, child] : value.items()) {
      out[name] = masked(child_schema(schema, name), name, child);
    }
    return out;
  }
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& child : value) {
      out.push_back(masked(resolved(find(schema, "items")), key, child));
    }
    return out;
  }
  // Where no schema of ours reaches, the name decides.
  const bool secret = schema != nullptr ? find(schema, "x-secret") != nullptr : sounds_secret(key);
  const bool set = !value.is_null() && value != "";
  if (secret && set) {
    return kMask;
  }
  return value.is_string() ? Json(without_credentials(value.get<std::string>())) : value;
}

class Walk {
 public:
  explicit Walk(const std::map<std::string, std::string>& sources) : sources_(sources) {}

  void visit(const OrderedJson* schema, const std::string& key, const Json& value,
             const std::string& path) {
    if (!value.is_object() || value.empty()) {
      out_.push_back({path, json::dump(masked(schema, key, value)), source(path)});
      return;
    }
    const OrderedJson* properties = find(schema, "properties");
    if (properties != nullptr) {
      for (const auto& [name, child] : properties->items()) {
        if (value.contains(name)) {
          visit(resolved(&child), name, value.at(name), schema_walk::join(path, name));
        }
      }
    }
    for (const auto& [name, child] : value.items()) {
      if (properties == nullptr || !properties->contains(name)) {
        visit(child_schema(schema, name), name, child, schema_walk::join(path, name));
      }
    }
  }

  std::vector<Effective> take() && { return std::move(out_); }

 private:
  // A list that YAML gives is marked itself or, in part, by its elements.
  [[nodiscard]] std::string source(const std::string& path) const {
    const auto it = sources_.find(path);
    return it == sources_.end() ? "default" : it->second;
  }

  const std::map<std::string, std::string>& sources_;
  std::vector<Effective> out_;
};

}  // namespace

std::vector<Effective> effective_options(const Json& document,
                                         const std::map<std::string, std::string>& sources) {
  Walk walk(sources);
  walk.visit(&ordered_schema_document(), "", document, "");
  return std::move(walk).take();
}

std::string print(const Loaded& loaded) {
  std::string out;
  for (const Effective& option : loaded.effective) {
    out += option.path + " = " + option.value + "  # " + option.source + "\n";
  }
  return out;
}

}  // namespace waxwing::config
