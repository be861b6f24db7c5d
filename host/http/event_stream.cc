// SPDX-License-Identifier: Apache-2.0
// Server-sent events: the header, the blocks and the heartbeat.
#include "http/event_stream.hpp"

#include <string>
#include <string_view>
#include <utility>

namespace waxwing::http {
namespace {

// What a browser waits before it comes back.
constexpr std::string_view kFirstLines = "retry: 3000\n\n";
constexpr std::string_view kHeartbeat = ":\n\n";

}  // namespace

Response event_stream_response(Stream stream) {
  Response response = Response::of_type(200, "text/event-stream", {});
  response.header("Cache-Control", "no-store").header("X-Accel-Buffering", "no");
  response.takeover = [stream = std::move(stream)](const Handover& handover) {
    return std::make_shared<EventStream>(handover, stream);
  };
  return response;
}

EventStream::EventStream(const Handover& handover, Stream stream)
    : StreamProtocol(handover, handover.service.stats.event_streams, std::move(stream)) {}

void EventStream::on_open() {
  channel().write(std::string(kFirstLines), {});
  StreamProtocol::on_open();
}

void EventStream::on_timeout() {
  channel().write(std::string(kHeartbeat), {});
  wait_for_pulse();
}

void EventStream::write_message(const Message& message) {
  std::string head;
  if (message.id) {
    head.append("id: ").append(*message.id).append("\n");
  }
  head.append("data: ");
  if (message.text->find_first_of("\r\n") == std::string::npos) {
    channel().write(std::move(head), message.text);
  } else {
    // Each line break begins a field of its own.
    for (const char c : *message.text) {
      if (c == '\n') {
        head.append("\ndata: ");
      } else if (c != '\r') {
        head += c;
      }
    }
    channel().write(std::move(head), {});
  }
  channel().write("\n\n", {});
}

}  // namespace waxwing::http
