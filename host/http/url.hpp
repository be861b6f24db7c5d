// SPDX-License-Identifier: Apache-2.0
// Percent-decoding, path segments and query strings.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waxwing::http {

// One path segment with its %XX decoded. Nothing when an escape is malformed, stands for NUL, or
// the result is not UTF-8.
[[nodiscard]] std::optional<std::string> decode_segment(std::string_view segment);

// Name and value in the order of the query string.
using Query = std::vector<std::pair<std::string, std::string>>;
// `text` without the question mark. `+` is a space. A malformed escape stays as it is written, as
// in browsers and in the servers our users come from; NUL makes the whole query invalid.
[[nodiscard]] std::optional<Query> parse_query(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
// ASCII letters only: for header names and tokens.
[[nodiscard]] bool equals_ignoring_case(std::string_view a, std::string_view b) noexcept;

// The parts of a request target. `path` begins with '/' or is "*"; empty when the target is neither
// a path, an absolute URL nor "*".
struct Target {
  std::string_view path;
  std::string_view query;
};
[[nodiscard]] Target split_target(std::string_view target) noexcept;

}  // namespace waxwing::http
