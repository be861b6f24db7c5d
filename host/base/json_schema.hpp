// SPDX-License-Identifier: Apache-2.0
// JSON Schema (draft 7): validation with texts that name the field, and filling in of defaults.
//
// Beside the standard keywords: `format` for the names of base/text_format.hpp (where a document
// can reach it without anyOf, oneOf, not or if), and `x-message`, the text for whatever fails at
// its node. References stay within the document ("#/definitions/x").
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.hpp"
#include "base/result.hpp"

namespace waxwing {

struct Violation {
  std::string path;      // "config.webhooks.0.url"; empty = the document itself
  std::string rule;      // "must be a URL address"
  bool unknown = false;  // the member at `path` is not one that the schema lists

  // One line, path first: "config.webhooks.0.url must be a URL address".
  [[nodiscard]] std::string message() const;
  bool operator==(const Violation&) const = default;
};

// A compiled schema. Cheap to copy, immutable, [any-thread].
class JsonSchema final {
 public:
  // A document with more violations than this is reported with the first of them.
  static constexpr std::size_t kMaxViolations = 100;
  // A schema with `pattern` refuses longer strings: std::regex recurses per character.
  static constexpr std::size_t kMaxPatternSubjectBytes = 4096;

  // Code::Invalid for what is no schema, endless recursion and references to other documents.
  [[nodiscard]] static Result<JsonSchema> compile(const Json& schema);

  // At most one violation per path. Empty = valid. `path_prefix` stands before each path.
  [[nodiscard]] std::vector<Violation> validate(const Json& document,
                                                std::string_view path_prefix = {}) const;

  enum class Unknown : std::uint8_t { Drop, Keep };
  // The document with the defaults of absent members of objects that are present. Drop removes the
  // members of an object that its schema does not list, unless additionalProperties allows them.
  [[nodiscard]] Json normalise(Json document, Unknown unknown) const;

  // The document that was compiled.
  [[nodiscard]] const Json& document() const noexcept;

 private:
  struct Impl;
  explicit JsonSchema(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

  std::shared_ptr<const Impl> impl_;
};

}  // namespace waxwing
