// SPDX-License-Identifier: Apache-2.0
// Lengths of frames, and keeping what has come of one.
#include "multidevice/noise/frame.hpp"

namespace waxwing::multidevice {

Status append_frame(Bytes& to, ByteView payload) {
  if (payload.size() > kMaxFrameBytes) {
    return {Fault::Limit, "a frame of 16 MiB or more"};
  }
  append_be(to, payload.size(), kFrameLengthBytes);
  append(to, payload);
  return Status::ok();
}

Result<Bytes> encode_frame(ByteView payload) {
  Bytes out;
  out.reserve(kFrameLengthBytes + payload.size());
  WAX_MD_TRY_VOID(append_frame(out, payload));
  return out;
}

Status FrameSplitter::check(std::size_t size) const {
  if (size > max_frame_bytes_) {
    return {Fault::Limit, "a frame of " + std::to_string(size) + " octets"};
  }
  return Status::ok();
}

Status FrameSplitter::hold(Reader& from) {
  if (held_.size() < kFrameLengthBytes) {
    const std::size_t size = std::min(kFrameLengthBytes - held_.size(), from.remaining());
    append(held_, from.take(size).value_or(ByteView()));
    if (held_.size() < kFrameLengthBytes) {
      return Status::ok();
    }
    WAX_MD_TRY_VOID(check(length_of(held_)));
  }
  const std::size_t missing = kFrameLengthBytes + length_of(held_) - held_.size();
  append(held_, from.take(std::min(missing, from.remaining())).value_or(ByteView()));
  return Status::ok();
}

}  // namespace waxwing::multidevice
