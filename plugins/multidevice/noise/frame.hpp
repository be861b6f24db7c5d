// SPDX-License-Identifier: Apache-2.0
// Frames in a stream of octets: three octets of length, then that many octets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "multidevice/base/bytes.hpp"
#include "multidevice/base/result.hpp"

namespace waxwing::multidevice {

inline constexpr std::size_t kFrameLengthBytes = 3;
inline constexpr std::size_t kMaxFrameBytes = (std::size_t{1} << 24U) - 1;

// The frame with its length in front. Fault::Limit for more than kMaxFrameBytes.
[[nodiscard]] Result<Bytes> encode_frame(ByteView payload);
Status append_frame(Bytes& to, ByteView payload);

// Cuts whatever arrives into frames, however it was split or merged on its way. Keeps no memory but
// for a frame that has come in part, and for that no more than has come.
class FrameSplitter {
 public:
  // Frames longer than `max_frame_bytes` are refused as soon as their length has come.
  explicit FrameSplitter(std::size_t max_frame_bytes = kMaxFrameBytes) noexcept
      : max_frame_bytes_(static_cast<std::uint32_t>(std::min(max_frame_bytes, kMaxFrameBytes))) {}

  // Calls on_frame(ByteView) -> Status for each whole frame, in order; the view is borrowed for the
  // call. A failure of on_frame ends feed() with it. After any failure the stream is lost.
  template <class OnFrame>
  [[nodiscard]] Status feed(ByteView input, OnFrame&& on_frame) {
    Reader reader(input);
    while (!reader.empty()) {
      // Whole frames of the input itself are not copied.
      if (held_.empty() && reader.remaining() >= kFrameLengthBytes) {
        const std::size_t size = length_of(reader.rest());
        WAX_MD_TRY_VOID(check(size));
        if (reader.remaining() >= kFrameLengthBytes + size) {
          (void)reader.take(kFrameLengthBytes);
          WAX_MD_TRY_VOID(on_frame(reader.take(size).value_or(ByteView())));
          continue;
        }
      }
      WAX_MD_TRY_VOID(hold(reader));
      if (held_whole()) {
        const Bytes frame = std::exchange(held_, {});
        WAX_MD_TRY_VOID(on_frame(ByteView(frame).subspan(kFrameLengthBytes)));
      }
    }
    return Status::ok();
  }

  // Octets of a frame that has not come whole.
  [[nodiscard]] std::size_t held_bytes() const noexcept { return held_.size(); }

 private:
  [[nodiscard]] static std::size_t length_of(ByteView octets) noexcept {
    return static_cast<std::size_t>(from_be(octets.first(kFrameLengthBytes)));
  }
  [[nodiscard]] bool held_whole() const noexcept {
    return held_.size() >= kFrameLengthBytes &&
           held_.size() == kFrameLengthBytes + length_of(held_);
  }
  [[nodiscard]] Status check(std::size_t size) const;
  // Moves as much of the next frame as there is.
  [[nodiscard]] Status hold(Reader& from);

  Bytes held_;
  std::uint32_t max_frame_bytes_;
};

}  // namespace waxwing::multidevice
