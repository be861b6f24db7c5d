// SPDX-License-Identifier: Apache-2.0
// The request of a WebSocket's client, and what counts as its answer.
#include "net/websocket_handshake.hpp"

#include "net/websocket_codec.hpp"

namespace waxwing::net {
namespace {

bool is_of_handshake(std::string_view name) {
  for (const std::string_view own : {"host", "upgrade", "connection", "sec-websocket-key",
                                     "sec-websocket-version", "sec-websocket-extensions"}) {
    if (equal_ignoring_case(name, own)) {
      return true;
    }
  }
  return false;
}

}  // namespace

WsHandshake::WsHandshake(Target target, Headers headers)
    : target_(std::move(target)), headers_(std::move(headers)), key_(ws_make_key()) {}

std::string WsHandshake::request() const {
  std::string text = "GET " + target_.path + " HTTP/1.1\r\nHost: " + target_.host_header() +
                     "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13"
                     "\r\nSec-WebSocket-Key: " +
                     key_ + "\r\n";
  for (const auto& [name, value] : headers_) {
    if (!is_of_handshake(name)) {
      text.append(name).append(": ").append(value).append("\r\n");
    }
  }
  return text + "\r\n";
}

End WsHandshake::verdict() {
  const HttpHead& head = answer_.head();
  if (head.code != 101) {
    End end = End::failed("handshake_refused",
                          "the server answered " + std::to_string(head.code) + ", not 101");
    end.http_code = head.code;
    return end;
  }
  const bool upgraded = head.has_token("upgrade", "websocket") &&
                        head.has_token("connection", "upgrade") &&
                        head.find("sec-websocket-accept") == ws_accept_of_key(key_) &&
                        head.find("sec-websocket-extensions").empty();
  if (!upgraded) {
    return End::failed("protocol_error", "the server's handshake is not that of a WebSocket");
  }
  const std::string_view chosen = head.find("sec-websocket-protocol");
  if (chosen.empty()) {
    return {};
  }
  HttpHead asked;
  for (const auto& [name, value] : headers_) {
    asked.headers.emplace_back(lower_case(name), value);
  }
  return asked.has_token("sec-websocket-protocol", chosen)
             ? End{}
             : End::failed("protocol_error", "the server chose a sub-protocol nobody asked for");
}

}  // namespace waxwing::net
