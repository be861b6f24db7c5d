// SPDX-License-Identifier: Apache-2.0
// The OpenAPI document, made from the route table and the schemas.
#pragma once

#include <string_view>

#include "api/context.hpp"

namespace waxwing::api {

// OpenAPI 3.1 as JSON, with the config sections of the loaded engines. [any-thread]
[[nodiscard]] Json openapi_document(const Context& context);

// The file components.json, as the build embedded it.
[[nodiscard]] std::string_view component_text();

}  // namespace waxwing::api
