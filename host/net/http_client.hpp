// SPDX-License-Identifier: Apache-2.0
// HTTP requests to others, many at once, on one loop: on kept connections of our own, and by
// libcurl where a proxy, a redirection, an address to be looked at or an unchecked certificate is
// involved.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"
#include "base/unique_function.hpp"

namespace waxwing::runtime {
class Loop;
}

namespace waxwing::net {

class Network;

struct HttpProxy {
  std::string server;  // "http://host:port", "socks5h://host:port"; empty = direct
  std::string username;
  std::string password;
};

struct HttpRequest {
  std::string url;                          // http or https
  std::vector<std::string> headers;         // "Name: value", free of line breaks
  std::shared_ptr<const std::string> body;  // sent as a POST; null = GET
  Millis connect_timeout{10'000};
  Millis timeout{30'000};                     // of everything
  long max_redirects = 5;                     // a redirected POST stays a POST
  std::size_t max_response_bytes = 64 << 10;  // the rest is not read
  bool verify_tls = true;
  bool public_only = false;  // refuse addresses that are not public, unless a proxy is used
  HttpProxy proxy;
};

struct HttpResponse {
  int status = 0;
  std::optional<Millis> retry_after;  // what the header asked for
  std::string body;                   // up to max_response_bytes
};

// [loop] for everything. Environment variables for proxies do not count.
class HttpClient {
 public:
  // Ok = there is a response, of whatever status. Code::Timeout and Code::Unavailable say what went
  // wrong in words that name no secret.
  using Done = UniqueFunction<void(Result<HttpResponse>)>;

  // `network` outlives it. At most `connections` are kept for the next requests.
  HttpClient(Network& network, runtime::Loop& loop, std::size_t connections);
  // Requests under way are dropped; their `done` is not called.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `done` is called once, from the loop's queue.
  void send(HttpRequest request, Done done);
  [[nodiscard]] std::size_t under_way() const noexcept;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace waxwing::net
