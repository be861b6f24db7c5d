// SPDX-License-Identifier: Apache-2.0
// A client's opening handshake of a WebSocket, without a socket (RFC 6455, 4.1).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/end.hpp"
#include "net/http_head.hpp"
#include "net/url.hpp"

namespace waxwing::net {

class WsHandshake {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;

  // `headers` are are_sendable_headers(); those of the handshake itself are left out.
  WsHandshake(Target target, Headers headers);

  // What is sent to the server.
  [[nodiscard]] std::string request() const;
  // Takes the answer from the front of `input`, and nothing of what follows it.
  [[nodiscard]] HttpHeadReader::State feed(std::string_view& input) { return answer_.feed(input); }
  // Once it is Done: whether the server agrees, and why not.
  [[nodiscard]] End verdict();
  // Of the answer, names in lower case.
  [[nodiscard]] const Headers& answer_headers() { return answer_.head().headers; }

 private:
  const Target target_;
  const Headers headers_;
  const std::string key_;
  HttpHeadReader answer_;
};

}  // namespace waxwing::net
