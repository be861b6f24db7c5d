// SPDX-License-Identifier: Apache-2.0
// The WebSocket protocol (RFC 6455) as octets: frames in, frames out, no socket anywhere.
//
// Both roles: a client masks what it sends and refuses what is masked; a server the other way
// round. No extensions, so no reserved bit is ever legal.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/utf8_checker.hpp"

namespace waxwing::net {

enum class WsRole : std::uint8_t { Client, Server };  // ours

// RFC 6455, 5.2.
enum class WsOpcode : std::uint8_t {
  Continuation = 0x0,
  Text = 0x1,
  Binary = 0x2,
  Close = 0x8,
  Ping = 0x9,
  Pong = 0xA,
};

// RFC 6455, 7.4.1 and the IANA registry. NoStatus and Abnormal never travel.
namespace ws_close {
inline constexpr std::uint16_t kNormal = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kUnsupportedData = 1003;
inline constexpr std::uint16_t kNoStatus = 1005;
inline constexpr std::uint16_t kAbnormal = 1006;
inline constexpr std::uint16_t kInvalidText = 1007;
inline constexpr std::uint16_t kPolicy = 1008;
inline constexpr std::uint16_t kTooBig = 1009;
inline constexpr std::uint16_t kInternalError = 1011;
}  // namespace ws_close

// May a close frame carry it? 1000-1003, 1007-1014, 3000-4999.
[[nodiscard]] bool ws_is_close_code(std::uint32_t code) noexcept;

// What the far end did next.
struct WsEvent {
  enum class Kind : std::uint8_t {
    NeedMore,  // all input is used up
    Text,      // a whole message; valid UTF-8
    Binary,    // a whole message
    Ping,      // to be answered with a Pong of the same data
    Pong,
    Close,  // the last event: `code` (kNoStatus when there was none) and `data`, the reason
    Error,  // the rules were broken: send a close frame with `code`, then close. `data` says how
  };
  Kind kind = Kind::NeedMore;
  std::uint16_t code = 0;
  std::string_view data;  // into the input or the reader, until the next call of next()
};

// Takes frames apart. Holds no more memory than what has arrived of the message under way, and none
// between two messages. One thread at a time.
class WsReader {
 public:
  // A message that would grow longer than `max_message_bytes` is an Error with kTooBig, known from
  // a frame's header, before its content comes.
  WsReader(WsRole role, std::uint64_t max_message_bytes) noexcept
      : max_message_bytes_(max_message_bytes), role_(role) {}

  // Takes octets from the front of `input` until they tell something, or until none is left. After
  // Close and Error the rest is swallowed and the answer is NeedMore for ever.
  [[nodiscard]] WsEvent next(std::string_view& input);

  // A frame or a fragmented message has begun and is not complete.
  [[nodiscard]] bool in_message() const noexcept {
    return header_size_ > 0 || in_payload_ || message_opcode_ != WsOpcode::Continuation;
  }
  [[nodiscard]] bool done() const noexcept { return done_; }

 private:
  static constexpr std::size_t kMaxHeaderBytes = 14;
  static constexpr std::size_t kMaxControlBytes = 125;

  [[nodiscard]] bool read_header(std::string_view& input, WsEvent& event);
  [[nodiscard]] bool parse_header(WsEvent& event);
  [[nodiscard]] bool read_payload(std::string_view& input, WsEvent& event);
  [[nodiscard]] bool end_frame(std::string_view payload, WsEvent& event);
  [[nodiscard]] bool end_control(std::string_view payload, WsEvent& event);
  bool fail(WsEvent& event, std::uint16_t code, std::string_view why);
  void forget_delivered();

  std::string message_;  // of the data frames so far
  std::uint64_t max_message_bytes_;
  std::uint64_t left_ = 0;   // octets of the frame's payload still to come
  std::uint64_t taken_ = 0;  // octets of the frame's payload so far, for the mask's phase
  std::array<char, kMaxControlBytes> control_{};
  std::array<std::uint8_t, kMaxHeaderBytes> header_{};
  std::array<std::uint8_t, 4> mask_{};
  std::uint8_t header_size_ = 0;  // octets of the header so far
  WsRole role_;
  WsOpcode opcode_ = WsOpcode::Continuation;          // of the frame
  WsOpcode message_opcode_ = WsOpcode::Continuation;  // of the message; Continuation = none
  Utf8Checker text_;
  bool final_ = false;
  bool in_payload_ = false;
  bool delivered_ = false;  // message_ was handed out by the last call
  bool done_ = false;
};

// Appends one frame to `out`. A control frame's payload is at most 125 octets. As a client, the
// mask is fresh and unpredictable (RFC 6455, 10.3).
void ws_append_frame(std::string& out, WsRole role, WsOpcode opcode, std::string_view payload,
                     bool final = true);
// The octets of a server's unfragmented data frame before its payload, which may then be shared by
// many connections.
void ws_append_server_header(std::string& out, WsOpcode opcode, std::size_t payload_bytes);
// A close frame; kNoStatus sends none. The reason is cut to 123 octets, at a character's edge.
void ws_append_close(std::string& out, WsRole role, std::uint16_t code, std::string_view reason);
// Octets that a frame with that payload takes.
[[nodiscard]] std::size_t ws_frame_bytes(WsRole role, std::size_t payload_bytes) noexcept;

// The opening handshake (RFC 6455, 4.1 and 4.2.2).
[[nodiscard]] std::string ws_make_key();                           // 16 random octets in base64
[[nodiscard]] bool ws_is_key(std::string_view key) noexcept;       // a client's is of that form
[[nodiscard]] std::string ws_accept_of_key(std::string_view key);  // what the server answers

}  // namespace waxwing::net
