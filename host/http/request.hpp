// SPDX-License-Identifier: Apache-2.0
// One request as filters and handlers see it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "http/url.hpp"

namespace waxwing::http {

struct Route;

// Request line and header fields: made by the parser, then never changed, so that the connection
// and a handler on another thread can share it.
struct Head {
  struct Span {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };

  [[nodiscard]] std::string_view view(Span span) const noexcept {
    return std::string_view(text).substr(span.offset, span.size);
  }
  Span append(std::string_view part) {
    const Span span{static_cast<std::uint32_t>(text.size()),
                    static_cast<std::uint32_t>(part.size())};
    text += part;
    return span;
  }
  // Value of the first field of that name, blanks trimmed. Case of the name does not matter.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
    for (const auto& [key, value] : fields) {
      if (equals_ignoring_case(view(key), name)) {
        return view(value);
      }
    }
    return std::nullopt;
  }

  std::string text;  // everything below points into it
  Span method;
  Span target;
  std::vector<std::pair<Span, Span>> fields;

  int version = 11;  // 10 or 11
  bool keep_alive = true;
  bool expects_continue = false;
  bool chunked = false;
  std::optional<std::uint64_t> content_length;

  std::string request_id;
  std::string peer;
};

// Moves cheaply; views stay valid while the object (or the one it was moved into) lives. No thread
// rule of its own.
class Request {
 public:
  using Params =
      std::vector<std::pair<std::string_view, std::string>>;  // names belong to the route

  explicit Request(std::shared_ptr<const Head> head) : head_(std::move(head)) {
    const Target target = split_target(head_->view(head_->target));
    path_ = target.path;
  }

  [[nodiscard]] std::string_view method() const noexcept { return head_->view(head_->method); }
  // As received, with the query string: may contain a secret, do not log it.
  [[nodiscard]] std::string_view target() const noexcept { return head_->view(head_->target); }
  // As received, not decoded, without the query string.
  [[nodiscard]] std::string_view path() const noexcept { return path_; }
  // 10 or 11.
  [[nodiscard]] int version() const noexcept { return head_->version; }
  // "address:port" of the client's end of the connection.
  [[nodiscard]] std::string_view peer() const noexcept { return head_->peer; }
  // From X-Request-Id when that is sane, else made up here. Every answer carries it.
  [[nodiscard]] std::string_view request_id() const noexcept { return head_->request_id; }

  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const noexcept {
    return head_->header(name);
  }
  // "" when the header is absent.
  [[nodiscard]] std::string_view header_or_empty(std::string_view name) const noexcept {
    return header(name).value_or(std::string_view());
  }
  [[nodiscard]] std::size_t header_count() const noexcept { return head_->fields.size(); }
  // Name as sent, value.
  [[nodiscard]] std::pair<std::string_view, std::string_view> header_at(std::size_t i) const {
    const auto& [name, value] = head_->fields.at(i);
    return {head_->view(name), head_->view(value)};
  }

  // The decoded segment for `{name}` of the route; "" when the route has none of that name.
  [[nodiscard]] std::string_view param(std::string_view name) const noexcept {
    for (const auto& [key, value] : params_) {
      if (key == name) {
        return value;
      }
    }
    return {};
  }

  // In the order of the query string, decoded.
  [[nodiscard]] const Query& query() const noexcept { return query_; }
  // The first of that name.
  [[nodiscard]] std::optional<std::string_view> query(std::string_view name) const noexcept {
    for (const auto& [key, value] : query_) {
      if (key == name) {
        return value;
      }
    }
    return std::nullopt;
  }
  [[nodiscard]] std::vector<std::string_view> query_all(std::string_view name) const {
    std::vector<std::string_view> out;
    for (const auto& [key, value] : query_) {
      if (key == name) {
        out.emplace_back(value);
      }
    }
    return out;
  }
  // So that a secret sent there goes no further. Case of the name does not matter.
  void erase_query(std::string_view name) {
    std::erase_if(query_, [&](const auto& item) { return equals_ignoring_case(item.first, name); });
  }

  // Empty while filters run: they run before the body is read.
  [[nodiscard]] const std::string& body() const noexcept { return body_; }
  [[nodiscard]] std::string take_body() noexcept { return std::move(body_); }
  // Announced by the client; nothing when the body comes in chunks.
  [[nodiscard]] std::optional<std::uint64_t> content_length() const noexcept {
    return head_->content_length;
  }

  // nullptr when no route matches; filters run all the same.
  [[nodiscard]] const Route* route() const noexcept { return route_; }

  // For the connection that makes the request.
  void set_route(const Route* route, Params params) {
    route_ = route;
    params_ = std::move(params);
  }
  void set_query(Query query) { query_ = std::move(query); }
  void set_body(std::string body) { body_ = std::move(body); }

 private:
  std::shared_ptr<const Head> head_;
  std::string_view path_;  // into head_
  const Route* route_ = nullptr;
  Params params_;
  Query query_;
  std::string body_;
};

}  // namespace waxwing::http
