// SPDX-License-Identifier: Apache-2.0
// Server-sent events (WHATWG HTML, 9.2): a feed's messages as an answer that does not end.
#pragma once

#include "http/response.hpp"
#include "http/stream.hpp"

namespace waxwing::http {

// 200 text/event-stream. Each message is a block with its id, if it has one, and its text as data.
[[nodiscard]] Response event_stream_response(Stream stream);

// What the client still sends is dropped. One comment per pulse, so that neither proxies nor dead
// clients stay unnoticed. The body ends with the connection. [worker]
class EventStream final : public StreamProtocol {
 public:
  EventStream(const Handover& handover, Stream stream);

  void on_open() override;
  std::size_t on_input(std::string_view input) override { return input.size(); }
  void on_timeout() override;

 private:
  void write_message(const Message& message) override;
  void say_farewell(const Farewell&) override { end(); }
};

}  // namespace waxwing::http
