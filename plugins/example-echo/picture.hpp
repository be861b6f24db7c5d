// SPDX-License-Identifier: Apache-2.0
// The session's "screenshot": a small PNG drawn without a library.
#pragma once

#include <string>
#include <string_view>

namespace echo {

// A pattern of blocks that is the session's own, over a bar in `status_rgb`. Returns a PNG file.
[[nodiscard]] std::string draw_picture(std::string_view session, unsigned status_rgb);

}  // namespace echo
