// SPDX-License-Identifier: Apache-2.0
// A JSON document for reading in tests; keeps the JSON library out of the files that use it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.hpp"

namespace waxwing::testing {

// Cheap to copy. What is not there or not of that type reads as empty, 0 or false, so that a test
// fails at its comparison and shows the document.
class Value {
 public:
  Value() = default;  // nothing at all, which is not null
  [[nodiscard]] static Value parse(std::string_view text);

  // By dotted path, with indexes: "config.webhooks.0.url".
  [[nodiscard]] Value at(std::string_view path) const;
  [[nodiscard]] Value operator[](std::string_view key) const;
  [[nodiscard]] Value operator[](std::size_t index) const;

  [[nodiscard]] bool exists() const noexcept { return json_ != nullptr; }
  [[nodiscard]] bool is_null() const;
  [[nodiscard]] bool is_object() const;
  [[nodiscard]] bool is_array() const;
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::string text() const;
  [[nodiscard]] std::int64_t number() const;
  [[nodiscard]] bool flag() const;
  [[nodiscard]] std::vector<std::string> keys() const;   // of an object
  [[nodiscard]] std::vector<std::string> texts() const;  // of an array of strings
  // The member `key` of each item of an array.
  [[nodiscard]] std::vector<std::string> each(std::string_view key) const;
  // The item of an array whose member `key` is `wanted`.
  [[nodiscard]] Value item(std::string_view key, std::string_view wanted) const;
  [[nodiscard]] std::string dump() const;

  // As JSON, whatever the order of members.
  friend bool operator==(const Value& a, const Value& b);
  friend bool operator==(const Value& a, std::string_view json) { return a == parse(json); }
  friend std::ostream& operator<<(std::ostream& out, const Value& value) {
    return out << value.dump();
  }

 private:
  [[nodiscard]] Value part(const Json* json) const;

  std::shared_ptr<const Json> document_;
  const Json* json_ = nullptr;  // inside document_
};

// A JSON string with its quotes.
[[nodiscard]] std::string json_text(std::string_view text);

}  // namespace waxwing::testing
