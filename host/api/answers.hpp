// SPDX-License-Identifier: Apache-2.0
// Answers that several handlers give.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "api/route.hpp"
#include "base/json_fwd.hpp"
#include "http/response.hpp"
#include "plugin/engine_sink.hpp"
#include "session/manager.hpp"

namespace waxwing::api {

// The session object, with `"apps":[]` where they were asked for.
[[nodiscard]] http::Body session_body(const session::Session& session, bool with_apps);
// The session of the path or null, and a 404 sent.
[[nodiscard]] session::Manager::SessionPtr find_or_404(const Context& context, Call& call,
                                                       std::string_view name);
// The session of a guarded call or null, and a 422 sent.
[[nodiscard]] session::Manager::SessionPtr find_or_422(const Context& context, Call& call,
                                                       std::string_view name);
// A picture as it is, or {"mimetype","data"} when the request accepts JSON and nothing else.
[[nodiscard]] http::Response picture(const http::Request& request, std::string mimetype,
                                     std::string bytes);
[[nodiscard]] bool accepts_only_json(const http::Request& request);

// Checks the arguments, runs an operation of the engine and sends what comes of it: its JSON with
// `success`, its first part as a picture where there is one, else the failure.
void run_operation(const Context& context, Call&& call, const session::Manager::SessionPtr& session,
                   session::Need need, std::string operation, const Json& arguments, int success);
// Handler of rows that are no more than an operation. Its arguments are the body, or the query of a
// GET, and the parameters of the path; the row's `adapt` sees them last.
void run_row(const Context& context, Call&& call);
// The failure of a call that needed its session in some state. `details`: the engine's, a JSON
// object or empty.
[[nodiscard]] http::Response call_failure(const session::Session& session, session::Need need,
                                          const Status& status, std::string_view operation,
                                          std::string_view details = {});

}  // namespace waxwing::api
