// SPDX-License-Identifier: Apache-2.0
// Error bodies and their statuses.
#include "api/errors.hpp"

#include "base/json.hpp"
#include "base/json_writer.hpp"

namespace waxwing::api {
namespace {

constexpr int kUnprocessable = 422;

void add_retry_after(http::Response& response, std::uint32_t ms) {
  if (ms > 0) {
    response.header("Retry-After", std::to_string((ms + 999) / 1000));
  }
}

}  // namespace

int http_status(Code code) noexcept {
  switch (code) {
    case Code::Ok:
      return 200;
    case Code::Invalid:
      return 400;
    case Code::NotFound:
      return 404;
    case Code::Unsupported:
    case Code::State:
    case Code::Unauthorized:  // by WhatsApp, not by us: the session is logged out
      return kUnprocessable;
    case Code::RateLimited:
      return 429;
    case Code::Timeout:
      return 504;
    case Code::Cancelled:
    case Code::Unavailable:
    case Code::NoMemory:
      return 503;
    case Code::Conflict:
      return 409;
    case Code::Internal:
    case Code::Abi:
      return 500;
  }
  return 500;
}

http::Response from_status(const Status& status) {
  return from_status(status, http_status(status.code()));
}

http::Response from_status(const Status& status, int http_status) {
  http::Response response = http::error_response(
      http_status, status.message().empty() ? http::reason_phrase(http_status) : status.message());
  add_retry_after(response, status.retry_after_ms());
  return response;
}

http::Response from_status(const Status& status, std::string_view details) {
  auto parsed = json::parse(details);
  if (!parsed.has_value() || !parsed->is_object()) {
    return from_status(status);
  }
  const int code = http_status(status.code());
  const Json body = {{"statusCode", code},
                     {"message", status.message()},
                     {"error", http::reason_phrase(code)},
                     {"details", std::move(*parsed)}};
  http::Response response = http::Response::json(code, json::dump(body));
  add_retry_after(response, status.retry_after_ms());
  return response;
}

http::Response from_violations(const std::vector<Violation>& violations) {
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("statusCode").value(std::int64_t{400}).key("message").begin_array();
  for (const Violation& violation : violations) {
    out.value(violation.message());
  }
  out.end_array().key("error").value("Bad Request").end_object();
  return http::Response::json(400, std::move(body));
}

http::Response wrong_state(const Status& why, std::string_view session, std::string_view state,
                           std::string_view expected) {
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("error").value(why.message()).key("session").value(session);
  out.key("status").value(state).key("expected").begin_array().value(expected).end_array();
  out.end_object();
  http::Response response = http::Response::json(kUnprocessable, std::move(body));
  add_retry_after(response, why.retry_after_ms());
  return response;
}

http::Response no_such_session_422(std::string_view session) {
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("error").value("Session \"" + std::string(session) + "\" does not exist");
  out.key("session").value(session).end_object();
  return http::Response::json(kUnprocessable, std::move(body));
}

http::Response no_such_session() {
  return http::error_response(404, "Session not found");
}

http::Response not_supported(std::string_view engine, std::string_view operation) {
  std::string body;
  JsonWriter out(body);
  out.begin_object().key("statusCode").value(std::int64_t{kUnprocessable}).key("message");
  out.value("The " + std::string(engine) + " engine does not support " + std::string(operation));
  out.key("error").value("Unprocessable Entity").key("code").value("not_supported");
  out.key("engine").value(engine).key("operation").value(operation).end_object();
  return http::Response::json(kUnprocessable, std::move(body));
}

}  // namespace waxwing::api
