// SPDX-License-Identifier: Apache-2.0
// Reading bodies and query parameters, with errors that name the field.
#pragma once

#include <optional>
#include <string_view>

#include "api/route.hpp"
#include "base/json_fwd.hpp"
#include "base/json_schema.hpp"
#include "http/response.hpp"

namespace waxwing::api {

// The body as a JSON object: {} when there is none, a flat one from a form. Nothing, and a 400
// sent, when it is neither. A body that is no JSON object at all is a 400 as well.
[[nodiscard]] std::optional<Json> body_object(Call& call);
// The same, checked: violations are sent as a 400, unknown members dropped, or refused where
// `strict`.
[[nodiscard]] std::optional<Json> body_object(Call& call, const JsonSchema& schema, bool strict);
// Nothing, and a 400 sent, when the value is none of true, True, 1, false, False, 0.
[[nodiscard]] std::optional<bool> query_bool(Call& call, std::string_view name, bool fallback);

}  // namespace waxwing::api
