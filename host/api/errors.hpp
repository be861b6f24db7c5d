// SPDX-License-Identifier: Apache-2.0
// Failures as WAHA's clients know them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json_schema.hpp"
#include "base/result.hpp"
#include "http/response.hpp"

namespace waxwing::api {

// The HTTP status of a code: the one table.
[[nodiscard]] int http_status(Code code) noexcept;
// {"statusCode","message","error"}, Retry-After where the status knows one.
[[nodiscard]] http::Response from_status(const Status& status);
// The same, and what an engine says of it for programs: "details", where that is a JSON object.
[[nodiscard]] http::Response from_status(const Status& status, std::string_view details);
// The same with another HTTP status than the table's.
[[nodiscard]] http::Response from_status(const Status& status, int http_status);
// 400 with an array of messages, one per violation.
[[nodiscard]] http::Response from_violations(const std::vector<Violation>& violations);
// 422 for a session that is not in the state that a call needs: an object without statusCode.
[[nodiscard]] http::Response wrong_state(const Status& why, std::string_view session,
                                         std::string_view state, std::string_view expected);
// 422 for a guarded call on a session that does not exist.
[[nodiscard]] http::Response no_such_session_422(std::string_view session);
// 404 {"statusCode":404,"message":"Session not found","error":"Not Found"}
[[nodiscard]] http::Response no_such_session();
// 422 with a `code` for machines: the engine has no such feature.
[[nodiscard]] http::Response not_supported(std::string_view engine, std::string_view operation);

}  // namespace waxwing::api
