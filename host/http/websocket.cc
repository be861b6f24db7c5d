// SPDX-License-Identifier: Apache-2.0
// The server's end of a WebSocket: opening handshake, messages out, control frames, closing.
#include "http/websocket.hpp"

#include <algorithm>
#include <utility>

namespace waxwing::http {
namespace {

using net::WsEvent;
using net::WsOpcode;
using net::WsRole;

constexpr std::uint64_t kMaxMessageBytes = 64 * kKiB;
constexpr std::string_view kVersion = "13";

// Is the token in any field of that name, each of them a list with commas?
bool lists_token(const Request& request, std::string_view name, std::string_view token) {
  for (std::size_t i = 0; i < request.header_count(); ++i) {
    auto [field, list] = request.header_at(i);
    if (!equals_ignoring_case(field, name)) {
      continue;
    }
    while (!list.empty()) {
      std::string_view item = list.substr(0, list.find(','));
      list.remove_prefix(std::min(list.size(), item.size() + 1));
      const auto first = item.find_first_not_of(" \t");
      if (first != std::string_view::npos) {
        item = item.substr(first, item.find_last_not_of(" \t") - first + 1);
        if (equals_ignoring_case(item, token)) {
          return true;
        }
      }
    }
  }
  return false;
}

std::size_t count_fields(const Request& request, std::string_view name) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < request.header_count(); ++i) {
    count += static_cast<std::size_t>(equals_ignoring_case(request.header_at(i).first, name));
  }
  return count;
}

Response upgrade_required(std::string_view message) {
  Response response = error_response(426, message);
  response.header("Upgrade", "websocket").header("Connection", "Upgrade");
  return response.header("Sec-WebSocket-Version", std::string(kVersion));
}

}  // namespace

std::optional<Response> websocket_problem(const Request& request) {
  if (!lists_token(request, "upgrade", "websocket")) {
    return upgrade_required("this path speaks WebSocket: header Upgrade must be \"websocket\"");
  }
  if (request.version() < 11 || request.method() != "GET") {
    return error_response(400, "a WebSocket needs GET and HTTP/1.1");
  }
  if (!lists_token(request, "connection", "upgrade")) {
    return error_response(400, "header Connection must list \"Upgrade\"");
  }
  if (request.header_or_empty("sec-websocket-version") != kVersion) {
    return upgrade_required("header Sec-WebSocket-Version must be 13");
  }
  if (count_fields(request, "sec-websocket-key") != 1 ||
      !net::ws_is_key(request.header_or_empty("sec-websocket-key"))) {
    return error_response(400, "header Sec-WebSocket-Key must be 16 octets in base64");
  }
  return std::nullopt;
}

Response websocket_response(const Request& request, Stream stream) {
  Response response = Response::empty(101);
  response.header("Upgrade", "websocket")
      .header("Sec-WebSocket-Accept",
              net::ws_accept_of_key(request.header_or_empty("sec-websocket-key")));
  response.takeover = [stream = std::move(stream)](const Handover& handover) {
    return std::make_shared<WebSocket>(handover, stream);
  };
  return response;
}

WebSocket::WebSocket(const Handover& handover, Stream stream)
    : StreamProtocol(handover, handover.service.stats.websockets, std::move(stream)),
      reader_(WsRole::Server, kMaxMessageBytes) {}

std::size_t WebSocket::on_input(std::string_view input) {
  const std::size_t size = input.size();
  for (bool more = true; more && !done();) {
    const WsEvent event = reader_.next(input);
    switch (event.kind) {
      case WsEvent::Kind::NeedMore:
        more = false;
        break;
      case WsEvent::Kind::Text:
      case WsEvent::Kind::Binary:
        break;
      case WsEvent::Kind::Ping:
        pong_ = std::string(event.data);  // only the last one is answered (RFC 6455, 5.5.3)
        break;
      case WsEvent::Kind::Pong:
        pinged_ = false;
        break;
      case WsEvent::Kind::Close:
        write_pong();
        write_close(event.code, {});
        end();
        break;
      case WsEvent::Kind::Error:
        write_close(event.code, event.data);
        end();
        break;
    }
  }
  write_pong();
  return size;
}

void WebSocket::on_timeout() {
  if (closing_) {
    end();  // no close frame came back
  } else if (pinged_) {
    stats().silent.fetch_add(1, std::memory_order_relaxed);
    write_close(net::ws_close::kPolicy, "no pong");
    end();
  } else {
    pinged_ = true;
    std::string frame;
    net::ws_append_frame(frame, WsRole::Server, WsOpcode::Ping, {});
    channel().write(std::move(frame), {});
    wait_for_pulse();
  }
}

void WebSocket::write_message(const Message& message) {
  std::string head;
  net::ws_append_server_header(head, WsOpcode::Text, message.text->size());
  channel().write(std::move(head), message.text);
}

void WebSocket::say_farewell(const Farewell& farewell) {
  write_close(farewell.code, farewell.reason);
  channel().set_deadline(channel().now() + limits().linger_timeout);
}

void WebSocket::write_pong() {
  if (pong_ && !closing_ && !done()) {
    std::string frame;
    net::ws_append_frame(frame, WsRole::Server, WsOpcode::Pong, *pong_);
    channel().write(std::move(frame), {});
  }
  pong_.reset();
}

void WebSocket::write_close(std::uint16_t code, std::string_view reason) {
  if (!closing_ && !done()) {
    closing_ = true;
    std::string frame;
    net::ws_append_close(frame, WsRole::Server, code, reason);
    channel().write(std::move(frame), {});
  }
}

}  // namespace waxwing::http
