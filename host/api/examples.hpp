// SPDX-License-Identifier: Apache-2.0
// Requests that the API page offers to send, as they stand in examples.json.
#pragma once

#include <string_view>

#include "base/json_fwd.hpp"

namespace waxwing::api {

struct Row;

// The file examples.json, as the build embedded it.
[[nodiscard]] std::string_view example_text();

// Bodies that the row takes by their titles, as the document's `examples` wants them; an empty
// object when there are none. What the path says is not in them. [any-thread]
[[nodiscard]] Json request_examples(const Row& row);
// A value of the parameter of that name that a new server takes; null when there is none.
// [any-thread]
[[nodiscard]] const Json& parameter_example(std::string_view name);

}  // namespace waxwing::api
