// SPDX-License-Identifier: Apache-2.0
// Reading of JSON documents.
#include "support/value.hpp"

#include <charconv>

#include <nlohmann/json.hpp>

namespace waxwing::testing {

Value Value::parse(std::string_view text) {
  Json parsed = Json::parse(text, nullptr, false);
  Value value;
  if (!parsed.is_discarded()) {
    value.document_ = std::make_shared<const Json>(std::move(parsed));
    value.json_ = value.document_.get();
  }
  return value;
}

Value Value::part(const Json* json) const {
  Value value;
  value.document_ = document_;
  value.json_ = json;
  return value;
}

Value Value::operator[](std::string_view key) const {
  if (!is_object()) {
    return {};
  }
  const auto it = json_->find(std::string(key));
  return it == json_->end() ? Value() : part(&*it);
}

Value Value::operator[](std::size_t index) const {
  return is_array() && index < json_->size() ? part(&(*json_)[index]) : Value();
}

Value Value::at(std::string_view path) const {
  Value value = *this;
  while (!path.empty() && value.exists()) {
    const auto dot = path.find('.');
    const std::string_view step = path.substr(0, dot);
    path = dot == std::string_view::npos ? std::string_view() : path.substr(dot + 1);
    std::size_t index = 0;
    const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
    const bool is_index = error == std::errc() && end == step.data() + step.size();
    value = value.is_array() && is_index ? value[index] : value[step];
  }
  return value;
}

bool Value::is_null() const {
  return exists() && json_->is_null();
}

bool Value::is_object() const {
  return exists() && json_->is_object();
}

bool Value::is_array() const {
  return exists() && json_->is_array();
}

std::size_t Value::size() const {
  return exists() ? json_->size() : 0;
}

std::string Value::text() const {
  return exists() && json_->is_string() ? json_->get<std::string>() : "";
}

std::int64_t Value::number() const {
  return exists() && json_->is_number() ? json_->get<std::int64_t>() : 0;
}

bool Value::flag() const {
  return exists() && json_->is_boolean() && json_->get<bool>();
}

std::vector<std::string> Value::keys() const {
  std::vector<std::string> all;
  if (is_object()) {
    for (const auto& [key, value] : json_->items()) {
      all.push_back(key);
    }
  }
  return all;
}

std::vector<std::string> Value::texts() const {
  std::vector<std::string> all;
  for (std::size_t i = 0; is_array() && i < size(); ++i) {
    all.push_back((*this)[i].text());
  }
  return all;
}

std::vector<std::string> Value::each(std::string_view key) const {
  std::vector<std::string> all;
  for (std::size_t i = 0; is_array() && i < size(); ++i) {
    all.push_back((*this)[i][key].text());
  }
  return all;
}

Value Value::item(std::string_view key, std::string_view wanted) const {
  for (std::size_t i = 0; is_array() && i < size(); ++i) {
    if ((*this)[i][key].text() == wanted) {
      return (*this)[i];
    }
  }
  return {};
}

std::string Value::dump() const {
  return exists() ? json_->dump(-1, ' ', false, Json::error_handler_t::replace) : "(nothing)";
}

bool operator==(const Value& a, const Value& b) {
  return a.exists() && b.exists() ? *a.json_ == *b.json_ : a.exists() == b.exists();
}

std::string json_text(std::string_view text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace waxwing::testing
