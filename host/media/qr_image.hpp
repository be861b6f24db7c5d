// SPDX-License-Identifier: Apache-2.0
// QR codes as PNG pictures and as text.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace waxwing::media {

// A 1-bit grey PNG, 8 pixels a module, a margin of 4 modules. About a millisecond of CPU, so it is
// drawn when somebody asks, never before. Code::Invalid when the text is longer than a QR code can
// hold. [any-thread]
[[nodiscard]] Result<std::string> qr_png(std::string_view text);

// Lines of block elements for a terminal of a dark ground. Errors as above. [any-thread]
[[nodiscard]] Result<std::string> qr_terminal(std::string_view text);

}  // namespace waxwing::media
