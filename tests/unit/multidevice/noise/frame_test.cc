// SPDX-License-Identifier: Apache-2.0
// Frames and intros, however the octets are split or merged.
#include "multidevice/noise/frame.hpp"

#include <gtest/gtest.h>

#include "multidevice/noise/intro.hpp"

namespace waxwing::multidevice {
namespace {

Bytes stream_of(const std::vector<std::string>& payloads) {
  Bytes out;
  for (const std::string& payload : payloads) {
    EXPECT_TRUE(append_frame(out, as_bytes(payload)));
  }
  return out;
}

std::vector<std::string> split(const Bytes& stream, std::size_t step) {
  FrameSplitter splitter;
  std::vector<std::string> frames;
  for (std::size_t at = 0; at < stream.size(); at += step) {
    const ByteView piece = ByteView(stream).subspan(at, std::min(step, stream.size() - at));
    EXPECT_TRUE(splitter.feed(piece, [&](ByteView frame) {
      frames.push_back(to_string(frame));
      return Status::ok();
    }));
  }
  EXPECT_EQ(splitter.held_bytes(), 0U);
  return frames;
}

TEST(FrameSplitter, FindsTheSameFramesHoweverTheyArrive) {
  const std::vector<std::string> payloads = {"", "a",  std::string(300, 'b'),
                                             "", "cd", std::string(70'000, 'e')};
  const Bytes stream = stream_of(payloads);
  for (const std::size_t step : {1U, 2U, 3U, 4U, 5U, 299U, 1000U, 100'000U}) {
    EXPECT_EQ(split(stream, step), payloads) << step;
  }
}

TEST(FrameSplitter, RefusesALongFrameByItsLength) {
  for (const std::size_t step : {1U, 3U}) {
    FrameSplitter splitter(100);
    const Bytes length = {0, 0, 101};
    Status status;
    for (std::size_t at = 0; at < 3 && status.is_ok(); at += step) {
      status =
          splitter.feed(ByteView(length).subspan(at, step), [](ByteView) { return Status::ok(); });
    }
    EXPECT_EQ(status.fault(), Fault::Limit);
  }
  FrameSplitter splitter(100);
  const Bytes whole = stream_of({std::string(100, 'x')});
  EXPECT_TRUE(splitter.feed(whole, [](ByteView) { return Status::ok(); }));
}

TEST(FrameSplitter, StopsWhereItsUserDoes) {
  FrameSplitter splitter;
  int frames = 0;
  const Status status = splitter.feed(stream_of({"a", "b", "c"}), [&](ByteView) {
    return ++frames == 2 ? Status(Fault::Protocol, "enough") : Status::ok();
  });
  EXPECT_EQ(status.fault(), Fault::Protocol);
  EXPECT_EQ(frames, 2);
}

TEST(Frame, HasItsLimit) {
  EXPECT_TRUE(encode_frame(Bytes(kMaxFrameBytes)));
  EXPECT_EQ(encode_frame(Bytes(kMaxFrameBytes + 1)).error().fault(), Fault::Limit);
}

TEST(Intro, ComesBackFromItsOctets) {
  for (const std::string& routing : {std::string(), std::string("route"), std::string(4096, 'r')}) {
    Bytes octets = encode_intro({to_bytes(as_bytes(routing)), make_header(3)});
    octets.push_back(0x99);
    for (std::size_t size = 0; size + 1 < octets.size(); ++size) {
      Reader part(ByteView(octets).first(size));
      const auto none = take_intro(part);
      ASSERT_TRUE(none);
      EXPECT_FALSE(none->has_value());
      EXPECT_EQ(part.remaining(), size);
    }
    Reader whole(octets);
    const auto intro = take_intro(whole);
    ASSERT_TRUE(intro && intro->has_value());
    EXPECT_EQ(to_string((*intro)->routing_info), routing);
    EXPECT_EQ((*intro)->header, make_header(3));
    EXPECT_EQ(whole.remaining(), 1U);
  }
}

TEST(Intro, RefusesWhatIsNone) {
  for (const char* hex :
       {"00", "574200", "574107", "4545", "45440001ffffff", "454400010000015a00"}) {
    const Bytes octets = *from_hex(hex);
    Reader reader(octets);
    EXPECT_FALSE(take_intro(reader)) << hex;
  }
}

}  // namespace
}  // namespace waxwing::multidevice
