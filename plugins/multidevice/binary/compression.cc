// SPDX-License-Identifier: Apache-2.0
// zlib behind two functions.
#include "multidevice/binary/compression.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include "multidevice/binary/codec.hpp"
#include "multidevice/binary/wire_tags.hpp"

namespace waxwing::multidevice {

Result<Bytes> inflate(ByteView stream, std::size_t max_bytes) {
  if (stream.size() > std::numeric_limits<uInt>::max()) {
    return Status(Fault::Limit, "a compressed frame is too large");
  }
  z_stream state{};
  if (::inflateInit(&state) != Z_OK) {
    return Status(Fault::Internal, "zlib cannot start");
  }
  // zlib only reads from here, whatever the type says.
  state.next_in = const_cast<Bytef*>(stream.data());
  state.avail_in = static_cast<uInt>(stream.size());
  Bytes out;
  int outcome = Z_OK;
  // One octet more than allowed is room to notice that there is more.
  while (outcome == Z_OK && out.size() <= max_bytes) {
    const std::size_t used = out.size();
    out.resize(std::min(max_bytes + 1, std::max<std::size_t>(used * 2, 4096)));
    state.next_out = out.data() + used;
    const std::size_t room = std::min<std::size_t>(out.size() - used, std::size_t{1} << 30U);
    state.avail_out = static_cast<uInt>(room);
    outcome = ::inflate(&state, Z_NO_FLUSH);
    out.resize(used + room - state.avail_out);
    if (outcome == Z_OK && state.avail_in == 0 && state.avail_out != 0) {
      break;  // It wants more than there is.
    }
  }
  ::inflateEnd(&state);
  if (out.size() > max_bytes) {
    return Status(Fault::Limit, "a compressed frame is too large");
  }
  if (outcome != Z_STREAM_END) {
    return malformed("a compressed frame is broken");
  }
  return out;
}

Result<Bytes> deflate(ByteView octets) {
  uLongf size = ::compressBound(octets.size());
  Bytes out(size);
  if (::compress2(out.data(), &size, octets.data(), octets.size(), Z_DEFAULT_COMPRESSION) != Z_OK) {
    return Status(Fault::Internal, "zlib cannot compress");
  }
  out.resize(size);
  return out;
}

Result<Bytes> compress(ByteView frame) {
  if (frame.empty()) {
    return Status(Fault::Argument, "a frame is empty");
  }
  WAX_MD_TRY(const Bytes stream, deflate(frame.subspan(1)));
  Bytes out{wire::kFlagCompressed};
  append(out, stream);
  return out;
}

}  // namespace waxwing::multidevice
