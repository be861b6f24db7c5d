// SPDX-License-Identifier: Apache-2.0
// Octets to requests, without a socket: Boost.Beast's parser, and the checks it leaves to its user.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "http/request.hpp"

namespace waxwing::http {

// Reads one request. Stricter than Beast where leniency lets two readers of the same octets
// disagree: one Content-Length and one Host, no folded fields, no Transfer-Encoding but "chunked".
// [worker]
class RequestParser {
 public:
  enum class State {
    NeedMore,  // every octet given was used or must be given again with more behind it
    Head,      // head() is complete; feed() goes on with the body
    Done,      // body() is complete; what follows belongs to the next request
    Failed,    // failure() says why; the connection is of no use any more
  };
  struct Failure {
    int status = 400;
    std::string_view message;  // a constant
  };

  explicit RequestParser(std::size_t header_limit_bytes);
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;
  RequestParser(const RequestParser&) = delete;
  RequestParser& operator=(const RequestParser&) = delete;

  // Returns how many octets of `input` were used; the rest comes again in front of the next input.
  std::size_t feed(std::string_view input);

  [[nodiscard]] State state() const noexcept;
  [[nodiscard]] const Failure& failure() const noexcept;
  // The first octet of a request was seen (blank lines before it do not count).
  [[nodiscard]] bool started() const noexcept;

  // At State::Head, before the next feed(). A body that is announced too long fails at once.
  void limit_body(std::size_t bytes);
  // Like limit_body, and the octets are thrown away.
  void discard_body(std::size_t limit_bytes);

  // From State::Head on; shared with the caller, who may complete it before anyone else sees it.
  [[nodiscard]] const std::shared_ptr<Head>& head() const noexcept;
  // Octets of the body so far, kept or not.
  [[nodiscard]] std::size_t body_bytes() const noexcept;
  [[nodiscard]] std::string take_body() noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waxwing::http
