// SPDX-License-Identifier: Apache-2.0
// The head of an HTTP/1.1 answer, taken from octets that arrive in pieces.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace waxwing::net {

struct HttpHead {
  int code = 0;
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  int minor_version = 1;                                     // HTTP/1.this

  // The first of that name, or an empty view. `name` in lower case.
  [[nodiscard]] std::string_view find(std::string_view name) const noexcept;
  // Is `token` one of the comma-separated words of a header, whatever their case?
  [[nodiscard]] bool has_token(std::string_view name, std::string_view token) const noexcept;
};

// Informational answers but 101 are skipped. One answer per reader.
class HttpHeadReader {
 public:
  enum class State { More, Done, Bad };
  static constexpr std::size_t kMaxBytes = 16 * 1024;

  // Takes octets from the front of `input` up to the end of the head and no further.
  [[nodiscard]] State feed(std::string_view& input);
  // Once Done.
  [[nodiscard]] HttpHead& head() noexcept { return head_; }

 private:
  [[nodiscard]] bool take_line(std::string_view line);

  HttpHead head_;
  std::string line_;
  std::size_t total_ = 0;
  bool started_ = false;
};

// May they stand in a request? Names are tokens, values have no control characters.
[[nodiscard]] bool are_sendable_headers(
    const std::vector<std::pair<std::string, std::string>>& headers) noexcept;
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace waxwing::net
