// SPDX-License-Identifier: Apache-2.0
// Clients of /ws and /api/events on plain sockets.
#include "support/listener.hpp"

#include <ostream>

namespace waxwing::testing {
namespace {

constexpr std::string_view kUpgrade =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

}  // namespace

std::ostream& operator<<(std::ostream& out, const Heard& heard) {
  return out << "kind " << static_cast<int>(heard.kind) << ", code " << heard.code << ", "
             << heard.text.substr(0, 500);
}

Listener::Listener(std::uint16_t port, std::string_view target, const Headers& headers,
                   int receive_buffer_bytes)
    : client_(port, receive_buffer_bytes), is_websocket_(target.starts_with("/ws")) {
  std::string extra(is_websocket_ ? kUpgrade : std::string_view());
  for (const auto& [name, value] : headers) {
    extra.append(name).append(": ").append(value).append("\r\n");
  }
  client_.send(http::test::get(target, extra));
  reply_ = client_.receive().value_or(http::test::Reply{});
}

Heard Listener::next(Millis limit) {
  const auto until = std::chrono::steady_clock::now() + limit;
  Heard heard;
  while (!(is_websocket_ ? take_frame(heard) : take_block(heard))) {
    const auto left = std::chrono::duration_cast<Millis>(until - std::chrono::steady_clock::now());
    const std::string more = left.count() > 0 ? client_.receive_some(left) : std::string();
    if (more.empty()) {
      heard.kind =
          std::chrono::steady_clock::now() < until ? Heard::Kind::End : Heard::Kind::Nothing;
      return heard;
    }
    input_ += more;
  }
  return heard;
}

Heard Listener::next_event(Millis limit) {
  Heard heard = next(limit);
  while (heard.kind == Heard::Kind::Ping || heard.kind == Heard::Kind::Comment) {
    heard = next(limit);
  }
  return heard;
}

std::vector<Heard> Listener::until(std::string_view type) {
  std::vector<Heard> all;
  for (;;) {
    all.push_back(next_event());
    if (!all.back().is_event() || all.back().json()["event"].text() == type) {
      return all;
    }
  }
}

void Listener::send_frame(net::WsOpcode opcode, std::string_view payload) {
  std::string frame;
  net::ws_append_frame(frame, net::WsRole::Client, opcode, payload);
  client_.send(frame);
}

bool Listener::take_frame(Heard& heard) {
  std::string_view rest = input_;
  const net::WsEvent event = reader_.next(rest);
  heard.text = event.data;
  heard.code = event.code;
  input_.erase(0, input_.size() - rest.size());
  switch (event.kind) {
    case net::WsEvent::Kind::Text:
      heard.kind = Heard::Kind::Event;
      return true;
    case net::WsEvent::Kind::Ping:
      heard.kind = Heard::Kind::Ping;
      return true;
    case net::WsEvent::Kind::Close:
      heard.kind = Heard::Kind::Close;
      return true;
    case net::WsEvent::Kind::Error:
      heard.kind = Heard::Kind::End;
      return true;
    default:
      return false;
  }
}

bool Listener::take_block(Heard& heard) {
  const auto end = input_.find("\n\n");
  if (end == std::string::npos) {
    return false;
  }
  std::string_view block = std::string_view(input_).substr(0, end);
  heard.kind = Heard::Kind::Comment;
  heard.text = block;
  if (block.starts_with("id: ")) {
    const auto line = block.find('\n');
    heard.id = block.substr(4, line - 4);
    block.remove_prefix(line + 1);
  }
  if (block.starts_with("data: ")) {
    heard.kind = Heard::Kind::Event;
    heard.text = block.substr(6);
  }
  input_.erase(0, end + 2);
  return true;
}

}  // namespace waxwing::testing
