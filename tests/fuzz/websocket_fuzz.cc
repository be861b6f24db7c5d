// SPDX-License-Identifier: Apache-2.0
// Any octets as WebSocket frames, in any pieces: never a crash, and the pieces never matter.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text_format.hpp"
#include "net/websocket_codec.hpp"

namespace {

using namespace waxwing::net;

constexpr std::uint64_t kMaxMessageBytes = 300;

std::string read(WsRole role, std::string_view octets, std::size_t piece) {
  WsReader reader(role, kMaxMessageBytes);
  std::string told;
  while (!octets.empty()) {
    std::string_view input = octets.substr(0, piece);
    octets.remove_prefix(input.size());
    for (WsEvent event = reader.next(input); event.kind != WsEvent::Kind::NeedMore;
         event = reader.next(input)) {
      const bool is_text = event.kind == WsEvent::Kind::Text || event.kind == WsEvent::Kind::Close;
      if (event.data.size() > kMaxMessageBytes ||
          (is_text && !waxwing::is_valid_utf8(event.data))) {
        std::abort();
      }
      told += static_cast<char>('0' + static_cast<int>(event.kind));
      told += std::to_string(event.code).append(":").append(event.data).append("\n");
    }
    if (!input.empty()) {
      std::abort();
    }
  }
  return told;
}

}  // namespace

// The first octet chooses the role and the pieces.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  const WsRole role = (data[0] & 1) != 0 ? WsRole::Server : WsRole::Client;
  const std::string_view octets(reinterpret_cast<const char*>(data + 1), size - 1);
  if (read(role, octets, octets.size() + 1) != read(role, octets, 1 + std::size_t{data[0]} / 2)) {
    std::abort();
  }
  return 0;
}
