// SPDX-License-Identifier: Apache-2.0
// One answer, and the answers that the transport gives on its own.
#include "http/response.hpp"

#include <algorithm>
#include <array>

#include "base/json_writer.hpp"
#include "http/url.hpp"

namespace waxwing::http {
namespace {

constexpr std::array<std::pair<int, std::string_view>, 41> kReasons = {{
    {100, "Continue"},
    {101, "Switching Protocols"},
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {203, "Non-Authoritative Information"},
    {204, "No Content"},
    {206, "Partial Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {303, "See Other"},
    {304, "Not Modified"},
    {307, "Temporary Redirect"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {406, "Not Acceptable"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {411, "Length Required"},
    {412, "Precondition Failed"},
    {413, "Payload Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {418, "I'm a teapot"},
    {422, "Unprocessable Entity"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
}};

}  // namespace

std::string_view reason_phrase(int status) noexcept {
  const auto* found =
      std::lower_bound(kReasons.begin(), kReasons.end(), status,
                       [](const auto& row, int wanted) { return row.first < wanted; });
  return found != kReasons.end() && found->first == status ? found->second : std::string_view();
}

Response error_response(int status, std::string_view message) {
  const std::string_view reason = reason_phrase(status);
  std::string body;
  JsonWriter json(body);
  json.begin_object();
  json.key("statusCode").value(static_cast<std::int64_t>(status));
  // Paths of clients are echoed here, and those need not be UTF-8.
  json.key("message").value(is_utf8(message) ? message : reason);
  if (message != reason && !reason.empty()) {
    json.key("error").value(reason);
  }
  json.end_object();
  return Response::json(status, std::move(body));
}

Response overload_response(std::string_view message) {
  Response response = error_response(503, message);
  response.header("Retry-After", "1");
  return response;
}

}  // namespace waxwing::http
