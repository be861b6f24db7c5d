// SPDX-License-Identifier: Apache-2.0
// A blocking HTTP/1.1 client for tests: one connection to loopback, kept alive.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/patience.hpp"
#include "support/value.hpp"

namespace waxwing::testing {

struct Reply {
  int status = 0;                              // 0: no complete answer came
  std::map<std::string, std::string> headers;  // names in lower case
  std::string body;
  std::string trouble;  // why there is none

  [[nodiscard]] std::string header(const std::string& name) const;
  [[nodiscard]] Value json() const { return Value::parse(body); }
  friend std::ostream& operator<<(std::ostream& out, const Reply& reply);
};

using Headers = std::vector<std::pair<std::string, std::string>>;

// For one thread. Connects when needed, and again when the server closed the connection between two
// requests; a request is never sent twice.
class HttpClient {
 public:
  // `api_key` goes into X-Api-Key of every request unless it is empty.
  explicit HttpClient(std::uint16_t port, std::string api_key = "");
  ~HttpClient();
  HttpClient(HttpClient&& other) noexcept;
  HttpClient& operator=(HttpClient&&) = delete;

  // A body that is not empty is sent as application/json unless `headers` say otherwise.
  Reply request(std::string_view method, std::string_view target, std::string_view body = "",
                const Headers& headers = {});
  Reply get(std::string_view target, const Headers& headers = {}) {
    return request("GET", target, "", headers);
  }
  Reply post(std::string_view target, std::string_view body = "", const Headers& headers = {}) {
    return request("POST", target, body, headers);
  }
  Reply put(std::string_view target, std::string_view body = "", const Headers& headers = {}) {
    return request("PUT", target, body, headers);
  }
  Reply del(std::string_view target) { return request("DELETE", target); }

  // The next requests get an answer within that time, or status 0.
  void set_limit(Millis limit) { limit_ = limit; }
  void close();

 private:
  [[nodiscard]] bool connect();
  [[nodiscard]] bool send_all(std::string_view bytes);
  // False at the end of the connection or of the limit.
  [[nodiscard]] bool read_more(std::string& into, std::string& trouble);
  [[nodiscard]] Reply read_reply(bool head);

  std::uint16_t port_;
  std::string api_key_;
  Millis limit_ = kPatience;
  std::chrono::steady_clock::time_point until_;
  int fd_ = -1;
};

}  // namespace waxwing::testing
