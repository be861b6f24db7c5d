// SPDX-License-Identifier: Apache-2.0
// Whatever comes first on a connection: intro, frames in pieces, handshake messages.
#include <cstdlib>

#include "multidevice/noise/certificate.hpp"
#include "multidevice/noise/frame.hpp"
#include "multidevice/noise/intro.hpp"
#include "multidevice/noise/messages.hpp"

namespace {

using namespace waxwing::multidevice;

// The frames of the stream, cut by a splitter that is fed `step` octets at a time.
Bytes reassemble(ByteView stream, std::size_t step, bool& failed) {
  constexpr std::size_t kMaxBytes = 4096;
  FrameSplitter splitter(kMaxBytes);
  Bytes frames;
  for (std::size_t at = 0; at < stream.size() && !failed; at += step) {
    const auto piece = stream.subspan(at, std::min(step, stream.size() - at));
    failed = !splitter.feed(piece, [&](ByteView frame) { return append_frame(frames, frame); });
    if (splitter.held_bytes() > kMaxBytes + kFrameLengthBytes) {
      std::abort();
    }
  }
  return frames;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView input(data, size);
  if (size > 0) {
    bool one_failed = false;
    bool other_failed = false;
    const Bytes whole = reassemble(input.subspan(1), size, one_failed);
    const Bytes pieces = reassemble(input.subspan(1), data[0] % 16U + 1, other_failed);
    if (one_failed != other_failed || whole != pieces) {
      std::abort();
    }
  }
  Reader reader(input);
  (void)take_intro(reader);
  (void)decode_client_hello(reader.rest());
  (void)decode_server_hello(reader.rest());
  (void)decode_client_finish(reader.rest());
  (void)verify_chain(input, kWhatsAppRootKey, {}, 0);
  return 0;
}
