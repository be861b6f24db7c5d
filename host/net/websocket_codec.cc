// SPDX-License-Identifier: Apache-2.0
// WebSocket frames, taken apart and put together.
#include "net/websocket_codec.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include <openssl/evp.h>

#include "base/check.hpp"
#include "base/digest.hpp"
#include "base/free_memory.hpp"
#include "base/ids.hpp"

namespace waxwing::net {
namespace {

constexpr std::uint8_t kFinalBit = 0x80;
constexpr std::uint8_t kReservedBits = 0x70;
constexpr std::uint8_t kMaskBit = 0x80;
constexpr std::uint8_t kLength16 = 126;
constexpr std::uint8_t kLength64 = 127;
constexpr std::size_t kMaxReasonBytes = 123;

using MaskKey = std::array<std::uint8_t, 4>;

bool is_control(WsOpcode opcode) noexcept {
  return (static_cast<std::uint8_t>(opcode) & 0x8) != 0;
}

bool is_known(WsOpcode opcode) noexcept {
  switch (opcode) {
    case WsOpcode::Continuation:
    case WsOpcode::Text:
    case WsOpcode::Binary:
    case WsOpcode::Close:
    case WsOpcode::Ping:
    case WsOpcode::Pong:
      return true;
  }
  return false;
}

// `phase`: how many octets of the payload the mask has covered before these.
void apply_mask(char* data, std::size_t size, const MaskKey& key, std::uint64_t phase) noexcept {
  std::array<std::uint8_t, 8> wide{};
  for (std::size_t i = 0; i < wide.size(); ++i) {
    wide[i] = key[(phase + i) % key.size()];
  }
  std::uint64_t mask = 0;
  std::memcpy(&mask, wide.data(), sizeof mask);
  std::size_t i = 0;
  for (; size - i >= sizeof mask; i += sizeof mask) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, data + i, sizeof eight);
    eight ^= mask;
    std::memcpy(data + i, &eight, sizeof eight);
  }
  for (; i < size; ++i) {
    data[i] = static_cast<char>(static_cast<std::uint8_t>(data[i]) ^ wide[i % wide.size()]);
  }
}

// The system's randomness costs a call, so it is fetched for several frames.
MaskKey fresh_mask() {
  thread_local std::array<std::uint8_t, 256> pool{};
  thread_local std::size_t used = pool.size();
  if (used == pool.size()) {
    random_bytes(pool);
    used = 0;
  }
  MaskKey key{};
  std::copy_n(pool.begin() + static_cast<std::ptrdiff_t>(used), key.size(), key.begin());
  used += key.size();
  return key;
}

}  // namespace

bool ws_is_close_code(std::uint32_t code) noexcept {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
         (code >= 3000 && code <= 4999);
}

// Reading ----------------------------------------------------------------------------------------

WsEvent WsReader::next(std::string_view& input) {
  forget_delivered();
  WsEvent event;
  while (!done_) {
    const bool told = in_payload_ ? read_payload(input, event) : read_header(input, event);
    if (told) {
      return event;
    }
    if (input.empty() && !(in_payload_ && left_ == 0)) {
      return event;
    }
  }
  input = {};
  return event;
}

// Each of these is true when `event` is to be told, false to go on or to wait for more.

bool WsReader::read_header(std::string_view& input, WsEvent& event) {
  while (!input.empty()) {
    header_[header_size_++] = static_cast<std::uint8_t>(input.front());
    input.remove_prefix(1);
    if (header_size_ == 2 && parse_header(event)) {
      return true;
    }
    if (header_size_ < 2) {
      continue;
    }
    const std::uint8_t length = header_[1] & 0x7F;
    const std::size_t extended = length == kLength16 ? 2 : length == kLength64 ? 8 : 0;
    const std::size_t masked = (header_[1] & kMaskBit) != 0 ? mask_.size() : 0;
    if (header_size_ < 2 + extended + masked) {
      continue;
    }
    left_ = length;
    if (extended > 0) {
      left_ = 0;
      for (std::size_t i = 0; i < extended; ++i) {
        left_ = left_ << 8 | header_[2 + i];
      }
      const std::uint64_t least =
          extended == 2 ? kLength16 : std::uint64_t{std::numeric_limits<std::uint16_t>::max()} + 1;
      if (left_ < least || left_ > std::uint64_t{std::numeric_limits<std::int64_t>::max()}) {
        return fail(event, ws_close::kProtocolError, "a length in the wrong form");
      }
    }
    std::copy_n(header_.begin() + 2 + static_cast<std::ptrdiff_t>(extended), masked, mask_.begin());
    if (!is_control(opcode_) &&
        (left_ > max_message_bytes_ || message_.size() > max_message_bytes_ - left_)) {
      return fail(event, ws_close::kTooBig, "a message longer than allowed");
    }
    header_size_ = 0;
    taken_ = 0;
    in_payload_ = true;
    return false;
  }
  return false;
}

// What the first two octets tell alone.
bool WsReader::parse_header(WsEvent& event) {
  final_ = (header_[0] & kFinalBit) != 0;
  opcode_ = static_cast<WsOpcode>(header_[0] & 0x0F);
  if ((header_[0] & kReservedBits) != 0) {
    return fail(event, ws_close::kProtocolError, "a reserved bit is set");
  }
  if (!is_known(opcode_)) {
    return fail(event, ws_close::kProtocolError, "an unknown opcode");
  }
  if (((header_[1] & kMaskBit) != 0) != (role_ == WsRole::Server)) {
    return fail(event, ws_close::kProtocolError,
                role_ == WsRole::Server ? "a frame without a mask" : "a masked frame");
  }
  if (is_control(opcode_)) {
    if (!final_) {
      return fail(event, ws_close::kProtocolError, "a fragmented control frame");
    }
    if ((header_[1] & 0x7F) > kMaxControlBytes) {
      return fail(event, ws_close::kProtocolError, "a control frame longer than 125 octets");
    }
    return false;
  }
  const bool fragment = opcode_ == WsOpcode::Continuation;
  const bool under_way = message_opcode_ != WsOpcode::Continuation;
  if (fragment != under_way) {
    return fail(event, ws_close::kProtocolError,
                fragment ? "a continuation of nothing" : "a new message inside of another one");
  }
  if (!fragment) {
    message_opcode_ = opcode_;
  }
  return false;
}

bool WsReader::read_payload(std::string_view& input, WsEvent& event) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(input.size(), left_));
  std::string_view piece = input.substr(0, size);
  input.remove_prefix(size);
  const std::uint64_t phase = taken_;
  left_ -= size;
  taken_ += size;

  if (is_control(opcode_)) {
    std::copy(piece.begin(), piece.end(), control_.begin() + static_cast<std::ptrdiff_t>(phase));
    if (role_ == WsRole::Server) {
      apply_mask(control_.data() + phase, size, mask_, phase);
    }
    return left_ == 0 && end_frame({control_.data(), static_cast<std::size_t>(taken_)}, event);
  }

  // A whole message that is here in one piece need not be copied.
  const bool whole = role_ == WsRole::Client && final_ && left_ == 0 && message_.empty();
  if (!whole) {
    const std::size_t before = message_.size();
    message_.append(piece);
    if (role_ == WsRole::Server) {
      apply_mask(message_.data() + before, size, mask_, phase);
    }
    piece = std::string_view(message_).substr(before);
  }
  if (message_opcode_ == WsOpcode::Text && !text_.feed(piece)) {
    return fail(event, ws_close::kInvalidText, "a text that is not UTF-8");
  }
  return left_ == 0 && end_frame(whole ? piece : std::string_view(message_), event);
}

bool WsReader::end_frame(std::string_view payload, WsEvent& event) {
  in_payload_ = false;
  if (is_control(opcode_)) {
    return end_control(payload, event);
  }
  if (!final_) {
    return false;
  }
  const bool is_text = message_opcode_ == WsOpcode::Text;
  if (is_text && !text_.complete()) {
    return fail(event, ws_close::kInvalidText, "a text that ends inside of a character");
  }
  message_opcode_ = WsOpcode::Continuation;
  delivered_ = true;
  event.kind = is_text ? WsEvent::Kind::Text : WsEvent::Kind::Binary;
  event.data = payload;
  return true;
}

bool WsReader::end_control(std::string_view payload, WsEvent& event) {
  if (opcode_ != WsOpcode::Close) {
    event.kind = opcode_ == WsOpcode::Ping ? WsEvent::Kind::Ping : WsEvent::Kind::Pong;
    event.data = payload;
    return true;
  }
  if (payload.size() == 1) {
    return fail(event, ws_close::kProtocolError, "half a close code");
  }
  std::uint16_t code = ws_close::kNoStatus;
  if (!payload.empty()) {
    code = static_cast<std::uint16_t>(static_cast<std::uint8_t>(payload[0]) << 8 |
                                      static_cast<std::uint8_t>(payload[1]));
    if (!ws_is_close_code(code)) {
      return fail(event, ws_close::kProtocolError, "a close code that may not be sent");
    }
    payload.remove_prefix(2);
  }
  Utf8Checker reason;
  if (!reason.feed(payload) || !reason.complete()) {
    return fail(event, ws_close::kInvalidText, "a reason that is not UTF-8");
  }
  done_ = true;
  event.kind = WsEvent::Kind::Close;
  event.code = code;
  event.data = payload;
  return true;
}

bool WsReader::fail(WsEvent& event, std::uint16_t code, std::string_view why) {
  done_ = true;
  in_payload_ = false;
  free_memory(message_);
  event.kind = WsEvent::Kind::Error;
  event.code = code;
  event.data = why;
  return true;
}

// An idle connection costs nothing here: thousands of them wait for their next message.
void WsReader::forget_delivered() {
  if (delivered_) {
    delivered_ = false;
    text_.reset();
    if (message_.capacity() > sizeof message_) {
      free_memory(message_);
    } else {
      message_.clear();
    }
  }
}

// Writing ----------------------------------------------------------------------------------------

std::size_t ws_frame_bytes(WsRole role, std::size_t payload_bytes) noexcept {
  const std::size_t extended = payload_bytes < kLength16                                    ? 0
                               : payload_bytes <= std::numeric_limits<std::uint16_t>::max() ? 2
                                                                                            : 8;
  return 2 + extended + (role == WsRole::Client ? sizeof(MaskKey) : 0) + payload_bytes;
}

namespace {

// Everything of a header but the mask.
void append_header(std::string& out, std::uint8_t first, std::uint8_t mask_bit,
                   std::size_t payload_bytes) {
  const std::size_t extended = ws_frame_bytes(WsRole::Server, payload_bytes) - payload_bytes - 2;
  const std::size_t length = extended == 0   ? payload_bytes
                             : extended == 2 ? std::size_t{kLength16}
                                             : std::size_t{kLength64};
  out += static_cast<char>(first);
  out += static_cast<char>(length | mask_bit);
  for (std::size_t i = extended; i > 0; --i) {
    out += static_cast<char>(payload_bytes >> 8 * (i - 1) & 0xFF);
  }
}

}  // namespace

void ws_append_frame(std::string& out, WsRole role, WsOpcode opcode, std::string_view payload,
                     bool final) {
  WAX_DCHECK(!is_control(opcode) || (final && payload.size() < kLength16));
  const auto first =
      static_cast<std::uint8_t>(static_cast<std::uint8_t>(opcode) | (final ? kFinalBit : 0));
  append_header(out, first, role == WsRole::Client ? kMaskBit : std::uint8_t{0}, payload.size());
  MaskKey key{};
  if (role == WsRole::Client) {
    key = fresh_mask();
    out.append(reinterpret_cast<const char*>(key.data()), key.size());
  }
  const std::size_t at = out.size();
  out.append(payload);
  if (role == WsRole::Client) {
    apply_mask(out.data() + at, payload.size(), key, 0);
  }
}

void ws_append_server_header(std::string& out, WsOpcode opcode, std::size_t payload_bytes) {
  append_header(out, static_cast<std::uint8_t>(static_cast<std::uint8_t>(opcode) | kFinalBit), 0,
                payload_bytes);
}

void ws_append_close(std::string& out, WsRole role, std::uint16_t code, std::string_view reason) {
  std::string payload;
  if (code != ws_close::kNoStatus) {
    std::size_t size = std::min(reason.size(), kMaxReasonBytes);
    while (size > 0 && size < reason.size() &&
           (static_cast<std::uint8_t>(reason[size]) & 0xC0) == 0x80) {
      --size;  // the cut would split a character
    }
    payload = {static_cast<char>(code >> 8), static_cast<char>(code & 0xFF)};
    payload += reason.substr(0, size);
  }
  ws_append_frame(out, role, WsOpcode::Close, payload);
}

// Handshake --------------------------------------------------------------------------------------

std::string ws_make_key() {
  std::array<std::uint8_t, 16> nonce{};
  random_bytes(nonce);
  return base64_encode({reinterpret_cast<const char*>(nonce.data()), nonce.size()});
}

bool ws_is_key(std::string_view key) noexcept {
  const auto is_digit = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '/';
  };
  return key.size() == 24 && key.ends_with("==") &&
         std::all_of(key.begin(), key.end() - 2, is_digit);
}

std::string ws_accept_of_key(std::string_view key) {
  // Fixed by RFC 6455, 1.3.
  const std::string text = std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  std::array<unsigned char, 20> digest{};
  unsigned int size = 0;
  WAX_CHECK(EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr) == 1);
  return base64_encode({reinterpret_cast<const char*>(digest.data()), size});
}

}  // namespace waxwing::net
