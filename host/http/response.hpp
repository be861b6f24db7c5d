// SPDX-License-Identifier: Apache-2.0
// One answer, and the answers that the transport gives on its own.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace waxwing::http {

// Octets of an answer: its own, or shared with a cache without a copy, or part of the program. A
// shared body must not change any more.
class Body {
 public:
  Body() = default;
  Body(std::string own) : data_(std::move(own)) {}    // NOLINT(*-explicit-*)
  Body(const char* own) : data_(std::string(own)) {}  // NOLINT(*-explicit-*)
  Body(std::shared_ptr<const std::string> shared)
      : data_(std::move(shared)) {}  // NOLINT(*-explicit-*)
  // `octets` outlive every answer.
  static Body of_program(std::string_view octets) {
    Body body;
    body.data_ = octets;
    return body;
  }

  [[nodiscard]] std::string_view view() const noexcept {
    if (const auto* own = std::get_if<std::string>(&data_)) {
      return *own;
    }
    if (const auto* octets = std::get_if<std::string_view>(&data_)) {
      return *octets;
    }
    const auto& shared = std::get<std::shared_ptr<const std::string>>(data_);
    return shared ? std::string_view(*shared) : std::string_view();
  }
  [[nodiscard]] std::size_t size() const noexcept { return view().size(); }
  [[nodiscard]] bool empty() const noexcept { return view().empty(); }

 private:
  std::variant<std::string, std::shared_ptr<const std::string>, std::string_view> data_;
};

class Protocol;
struct Handover;

// Makes what is spoken on the connection behind an answer. [worker]
using Takeover = std::function<std::shared_ptr<Protocol>(const Handover&)>;

inline constexpr std::string_view kJsonType = "application/json; charset=utf-8";

// Value type. Content-Length, Date, Connection and X-Request-Id are the connection's business. An
// empty body goes out without a Content-Type.
struct Response {
  int status = 200;
  Body body;
  std::string content_type{kJsonType};
  std::vector<std::pair<std::string, std::string>> headers;
  // When it is set: the answer ends with its header, and HTTP with this answer. A 101 changes to
  // another protocol; after any other status the rest of the connection is the body.
  Takeover takeover;

  static Response json(int status, Body body) {
    Response response;
    response.status = status;
    response.body = std::move(body);
    return response;
  }
  static Response empty(int status) {
    Response response;
    response.status = status;
    return response;
  }
  static Response of_type(int status, std::string type, Body body) {
    Response response = json(status, std::move(body));
    response.content_type = std::move(type);
    return response;
  }
  Response& header(std::string name, std::string value) {
    headers.emplace_back(std::move(name), std::move(value));
    return *this;
  }
};

// "Not Found" for 404; "" for a status without a name.
[[nodiscard]] std::string_view reason_phrase(int status) noexcept;

// {"statusCode":404,"message":"…","error":"Not Found"}; without `error` when the message is the
// reason phrase itself.
[[nodiscard]] Response error_response(int status, std::string_view message);
inline Response error_response(int status) {
  return error_response(status, reason_phrase(status));
}
// 503 that asks the client to come again.
[[nodiscard]] Response overload_response(std::string_view message);

}  // namespace waxwing::http
