// SPDX-License-Identifier: Apache-2.0
// The OpenAPI document, made from the route table and the schemas.
#pragma once

#include <string>

#include "api/context.hpp"

namespace waxwing::api {

// OpenAPI 3.1 as JSON. [any-thread]
[[nodiscard]] std::string openapi_document(const Context& context);

}  // namespace waxwing::api
