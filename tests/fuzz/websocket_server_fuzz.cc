// SPDX-License-Identifier: Apache-2.0
// A WebSocket's server side against any input, mixed with messages, timeouts and the server's end:
// never a crash, nothing behind a close frame, and only frames that a client can read.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "http/websocket.hpp"
#include "net/websocket_codec.hpp"
#include "unit/http/fake_channel.hpp"

namespace {

using namespace waxwing::http;
using waxwing::net::WsEvent;

void require(bool condition) {
  if (!condition) {
    std::abort();
  }
}

void check_output(std::string_view octets) {
  waxwing::net::WsReader client(waxwing::net::WsRole::Client, kMiB);
  bool closed = false;
  for (WsEvent event = client.next(octets); event.kind != WsEvent::Kind::NeedMore;
       event = client.next(octets)) {
    require(event.kind != WsEvent::Kind::Error && !closed);
    closed = event.kind == WsEvent::Kind::Close;
    require(!closed || octets.empty());
  }
  require(!client.in_message());
}

}  // namespace

// The first octet of each piece says what happens, and how long the piece is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Service service;
  test::FakeChannel channel;
  const auto mailbox = std::make_shared<Mailbox>();
  const auto feed = std::make_shared<Feed>(FeedLimits{100, 5});
  const auto socket =
      std::make_shared<WebSocket>(Handover{channel, service, mailbox}, Stream{feed, nullptr});
  socket->on_open();
  std::string_view input(reinterpret_cast<const char*>(data), size);
  while (!input.empty() && !channel.finished) {
    const auto step = static_cast<std::uint8_t>(input.front());
    input.remove_prefix(1);
    const std::string_view piece = input.substr(0, step >> 2U);
    switch (step & 3U) {
      case 0:
        feed->post({std::make_shared<const std::string>(piece.size(), 'x'), nullptr});
        break;
      case 1:
        piece.empty() ? socket->on_timeout() : socket->on_drained();
        break;
      case 2:
        step > 250 ? socket->on_drain() : socket->on_drained();
        break;
      default:
        input.remove_prefix(piece.size());
        require(socket->on_input(piece) == piece.size());
        break;
    }
    for (const auto& call : mailbox->take().calls) {
      if (const auto callee = call.lock()) {
        callee->on_call();
      }
    }
  }
  socket->on_closed();
  require(service.stats.websockets.open == 0);
  check_output(channel.output);
  return 0;
}
