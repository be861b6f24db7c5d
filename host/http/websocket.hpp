// SPDX-License-Identifier: Apache-2.0
// The server's end of a WebSocket (RFC 6455): a feed's messages go out as texts.
#pragma once

#include <optional>
#include <string>

#include "http/request.hpp"
#include "http/response.hpp"
#include "http/stream.hpp"
#include "net/websocket_codec.hpp"

namespace waxwing::http {

// Nothing when the request opens a WebSocket as RFC 6455, 4.2.1 has it; else the answer that says
// what is missing: 426 to who does not ask for this protocol or this version of it, 400 to the
// others.
[[nodiscard]] std::optional<Response> websocket_problem(const Request& request);
// 101 to a request without a problem. No subprotocol and no extension is ever agreed on.
[[nodiscard]] Response websocket_response(const Request& request, Stream stream);

// Clients have nothing to say: their messages are read and dropped, those over 64 KiB end it with
// 1009. One ping per pulse; a client whose pong has not come by the next one is dropped. [worker]
class WebSocket final : public StreamProtocol {
 public:
  WebSocket(const Handover& handover, Stream stream);

  std::size_t on_input(std::string_view input) override;
  void on_timeout() override;

 private:
  void write_message(const Message& message) override;
  void say_farewell(const Farewell& farewell) override;
  void write_pong();
  void write_close(std::uint16_t code, std::string_view reason);

  net::WsReader reader_;
  std::optional<std::string> pong_;  // owed to the client
  bool pinged_ = false;              // its pong has not come
  bool closing_ = false;             // our close frame is out
};

}  // namespace waxwing::http
