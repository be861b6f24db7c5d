// SPDX-License-Identifier: Apache-2.0
// The body of an HTTP/1.1 answer, taken from octets that arrive in pieces.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http_head.hpp"

namespace waxwing::net {

// RFC 9112, 6 and 7.1; of an answer to any request but HEAD and CONNECT. Trailers are dropped.
class HttpBodyReader {
 public:
  enum class State { More, Done, Bad };

  explicit HttpBodyReader(const HttpHead& head);

  // Takes octets from the front of `input` up to the end of the body and no further, and appends
  // what they say to `body`.
  [[nodiscard]] State feed(std::string_view& input, std::string& body);
  // The far end closed: is the body whole?
  [[nodiscard]] bool ends_by_close() const noexcept { return part_ == Part::UntilClose; }

 private:
  enum class Part : std::uint8_t { Counted, UntilClose, Size, Chunk, ChunkEnd, Trailer, Done, Bad };
  static constexpr std::size_t kMaxLineBytes = 4096;
  static constexpr std::size_t kMaxTrailerBytes = 16 * 1024;

  [[nodiscard]] static Part part_of(const HttpHead& head, std::uint64_t& left);
  // False when the line is not complete.
  [[nodiscard]] bool take_line(std::string_view& input);
  [[nodiscard]] Part after_line();

  std::uint64_t left_ = 0;  // of the body, or of the chunk; part_ sets it
  Part part_;
  std::string line_;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace waxwing::net
