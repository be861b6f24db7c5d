// SPDX-License-Identifier: Apache-2.0
// Clients of /ws and /api/events on plain sockets: what the server says, one thing at a time.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "net/websocket_codec.hpp"
#include "support/http_client.hpp"
#include "support/patience.hpp"
#include "support/raw_client.hpp"
#include "support/value.hpp"

namespace waxwing::testing {

// What came next.
struct Heard {
  enum class Kind { Event, Comment, Ping, Close, End, Nothing };
  Kind kind = Kind::Nothing;  // in time
  std::string text;           // an event's JSON, a comment, a close frame's reason
  std::string id;             // of an event, where the protocol tells it
  int code = 0;               // of a close frame

  [[nodiscard]] bool is_event() const { return kind == Kind::Event; }
  [[nodiscard]] Value json() const { return Value::parse(text); }
  friend std::ostream& operator<<(std::ostream& out, const Heard& heard);
};

// "/ws" with a query as a WebSocket, anything else as server-sent events. For one thread.
class Listener {
 public:
  Listener(std::uint16_t port, std::string_view target, const Headers& headers = {},
           int receive_buffer_bytes = 0);

  // Of the answer; 0: there was none.
  [[nodiscard]] int status() const noexcept { return reply_.status; }
  [[nodiscard]] const http::test::Reply& reply() const noexcept { return reply_; }

  [[nodiscard]] Heard next(Millis limit = kPatience);
  // The next event, whatever else comes before.
  [[nodiscard]] Heard next_event(Millis limit = kPatience);
  // Events until one of them is of that type, that one included.
  [[nodiscard]] std::vector<Heard> until(std::string_view type);
  // Sends a frame of a WebSocket.
  void send_frame(net::WsOpcode opcode, std::string_view payload = {});
  void close() { client_.close(); }

 private:
  [[nodiscard]] bool take_frame(Heard& heard);
  [[nodiscard]] bool take_block(Heard& heard);

  http::test::Client client_;
  http::test::Reply reply_;
  bool is_websocket_;
  net::WsReader reader_{net::WsRole::Client, 100 << 20};
  std::string input_;
};

}  // namespace waxwing::testing
