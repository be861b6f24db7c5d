// SPDX-License-Identifier: Apache-2.0
// Values that stand elsewhere: ${VAR}, ${VAR:-default} and file:/path.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace waxwing::config {

class Environment;

struct Interpolated {
  std::string text;
  bool changed = false;  // a variable or a file took part
};

// Replaces every ${VAR}; "$${" stands for "${". A text that then begins with file:/ (but not with
// file://) is replaced by the contents of that file. Code::Invalid for a variable that is not set
// and has no default, for broken syntax and for a file that cannot be read; values never appear in
// messages.
[[nodiscard]] Result<Interpolated> interpolate(std::string_view text,
                                               const Environment& environment);

// The text, or the contents of the file when it begins with file:/. The line break at the end of
// the file is left out.
[[nodiscard]] Result<std::string> read_secret(const std::string& text);

}  // namespace waxwing::config
