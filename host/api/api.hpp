// SPDX-License-Identifier: Apache-2.0
// The REST API on the router: the table, and what happens to every request around its handler.
#pragma once

#include <memory>

#include "api/auth.hpp"
#include "api/context.hpp"
#include "http/router.hpp"

namespace waxwing::api {

// Adds every row, authentication, CORS, the request log and the request metrics. `context` outlives
// the server that uses the router. [main-thread]
Status mount(const Context& context, http::Router& router);

}  // namespace waxwing::api
