// SPDX-License-Identifier: Apache-2.0
// RFC 6455 case by case, for our client and our server alike: what the known conformance suites of
// WebSockets try, each case named after the section that it comes from.
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/websocket_codec.hpp"

namespace waxwing::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::uint64_t kMax = 20 << 20;
constexpr unsigned kFin = 0x80;
constexpr unsigned kContinuation = 0;
constexpr unsigned kText = 1;
constexpr unsigned kBinary = 2;
constexpr unsigned kClose = 8;
constexpr unsigned kPing = 9;
constexpr unsigned kPong = 10;

std::string name_of(WsEvent::Kind kind) {
  switch (kind) {
    case WsEvent::Kind::Text:
      return "text";
    case WsEvent::Kind::Binary:
      return "binary";
    case WsEvent::Kind::Ping:
      return "ping";
    case WsEvent::Kind::Pong:
      return "pong";
    case WsEvent::Kind::Close:
      return "close";
    default:
      return "error";
  }
}

// The end that is tested; the frames come from the other one.
class Rfc6455Cases : public testing::TestWithParam<WsRole> {
 protected:
  // A frame of the far end with any first octet, masked when it is the client.
  [[nodiscard]] static std::string frame(unsigned first, std::string_view payload = {}) {
    const bool masked = GetParam() == WsRole::Server;
    std::string out(1, static_cast<char>(first));
    const auto length = payload.size();
    const unsigned mask_bit = masked ? 0x80U : 0U;
    const int octets = length < 126 ? 0 : length < 65536 ? 2 : 8;
    out += static_cast<char>(mask_bit | (octets == 0 ? length : octets == 2 ? 126U : 127U));
    for (int shift = 8 * (octets - 1); shift >= 0; shift -= 8) {
      out += static_cast<char>(length >> shift & 0xFF);
    }
    constexpr std::string_view kMask = "\x37\xFA\x21\x3D";
    if (masked) {
      out += kMask;
    }
    for (std::size_t i = 0; i < length; ++i) {
      out += static_cast<char>(payload[i] ^ (masked ? kMask[i % 4] : 0));
    }
    return out;
  }
  [[nodiscard]] static std::string close_payload(unsigned code, std::string_view reason = {}) {
    return std::string{static_cast<char>(code >> 8 & 0xFF), static_cast<char>(code & 0xFF)}.append(
        reason);
  }
  // "text:…", "ping:…", "close1000:…", "error1002"; long contents as their length.
  [[nodiscard]] static std::vector<std::string> read_pieces(std::string_view octets,
                                                            std::size_t piece) {
    WsReader reader(GetParam(), kMax);
    std::vector<std::string> told;
    for (; !octets.empty(); octets.remove_prefix(std::min(piece, octets.size()))) {
      std::string_view input = octets.substr(0, piece);
      for (WsEvent event = reader.next(input); event.kind != WsEvent::Kind::NeedMore;
           event = reader.next(input)) {
        std::string one = name_of(event.kind);
        if (event.kind == WsEvent::Kind::Close || event.kind == WsEvent::Kind::Error) {
          one += std::to_string(event.code);
        }
        if (event.kind != WsEvent::Kind::Error) {
          one += ":";
          one += event.data.size() > 200 ? "#" + std::to_string(event.data.size()) : event.data;
        }
        told.push_back(std::move(one));
      }
    }
    return told;
  }
  // The same whole, in single octets and in odd pieces.
  [[nodiscard]] static std::vector<std::string> read(const std::string& octets) {
    auto told = read_pieces(octets, octets.size());
    for (const std::size_t piece : {std::size_t{1}, std::size_t{997}}) {
      if (octets.size() / piece < 200'000) {
        EXPECT_EQ(read_pieces(octets, piece), told) << "in pieces of " << piece;
      }
    }
    return told;
  }
  // After how many octets of the last frame's payload is it known that it is bad?
  [[nodiscard]] static std::size_t known_after(const std::string& before, unsigned first,
                                               std::string_view payload) {
    const std::string last = frame(first, payload);
    const std::size_t head = last.size() - payload.size();
    for (std::size_t taken = 0; taken <= payload.size(); ++taken) {
      const auto told = read_pieces(before + last.substr(0, head + taken), 1);
      if (!told.empty() && told.back() == "error1007") {
        return taken;
      }
    }
    return std::string::npos;
  }
};

// 5.2 Base framing -------------------------------------------------------------------------------

TEST_P(Rfc6455Cases, Section5_2_MessagesOfEveryLengthForm) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 128U, 65535U, 65536U, 65537U}) {
    const std::string content(size, 'x');
    const std::string shown = size > 200 ? "#" + std::to_string(size) : content;
    EXPECT_THAT(read(frame(kFin | kText, content)), ElementsAre("text:" + shown));
    EXPECT_THAT(read(frame(kFin | kBinary, content)), ElementsAre("binary:" + shown));
  }
}

TEST_P(Rfc6455Cases, Section5_2_EveryReservedBitOnEveryFrameIsRefused) {
  for (unsigned bits = 1; bits <= 7; ++bits) {
    for (const unsigned opcode : {kText, kBinary, kClose, kPing, kPong}) {
      const auto told = read(frame(kFin | kText, "good") + frame(kFin | bits << 4 | opcode));
      EXPECT_THAT(told, ElementsAre("text:good", "error1002")) << bits << " on " << opcode;
    }
    EXPECT_THAT(read(frame(kText, "a") + frame(kFin | bits << 4 | kContinuation, "b")),
                ElementsAre("error1002"));
  }
}

TEST_P(Rfc6455Cases, Section5_2_EveryReservedOpcodeIsRefusedWithAndWithoutContent) {
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    for (const unsigned fin : {0U, kFin}) {
      for (const char* content : {"", "content"}) {
        EXPECT_THAT(read(frame(kFin | kText, "good") + frame(fin | opcode, content)),
                    ElementsAre("text:good", "error1002"));
        EXPECT_THAT(read(frame(kText, "part") + frame(fin | opcode, content)),
                    ElementsAre("error1002"));
      }
    }
  }
}

// 5.4 Fragmentation ------------------------------------------------------------------------------

TEST_P(Rfc6455Cases, Section5_4_FragmentsOfAnyNumberAndLength) {
  EXPECT_THAT(read(frame(kText, "one") + frame(kFin | kContinuation, "two")),
              ElementsAre("text:onetwo"));
  EXPECT_THAT(read(frame(kText) + frame(kContinuation) + frame(kFin | kContinuation)),
              ElementsAre("text:"));
  EXPECT_THAT(read(frame(kBinary) + frame(kContinuation, "x") + frame(kFin | kContinuation)),
              ElementsAre("binary:x"));
  std::string many = frame(kText);
  for (int i = 0; i < 1000; ++i) {
    many += frame(kContinuation, "x");
  }
  EXPECT_THAT(read(many + frame(kFin | kContinuation)), ElementsAre("text:#1000"));
}

TEST_P(Rfc6455Cases, Section5_4_ControlFramesInTheMiddleComeAtOnce) {
  EXPECT_THAT(
      read(frame(kText, "a") + frame(kFin | kPing, "1") + frame(kContinuation, "b") +
           frame(kFin | kPing, "2") + frame(kFin | kPong, "3") + frame(kFin | kContinuation, "c")),
      ElementsAre("ping:1", "ping:2", "pong:3", "text:abc"));
  EXPECT_THAT(read(frame(kText, "a") + frame(kFin | kClose, close_payload(1001))),
              ElementsAre("close1001:"));
}

TEST_P(Rfc6455Cases, Section5_4_AContinuationNeedsABeginning) {
  for (const unsigned fin : {0U, kFin}) {
    EXPECT_THAT(read(frame(fin | kContinuation, "x")), ElementsAre("error1002"));
    EXPECT_THAT(read(frame(fin | kContinuation)), ElementsAre("error1002"));
    EXPECT_THAT(read(frame(kText, "a") + frame(kFin | kContinuation, "b") +
                     frame(fin | kContinuation, "c")),
                ElementsAre("text:ab", "error1002"));
  }
}

TEST_P(Rfc6455Cases, Section5_4_ANewMessageNeedsTheEndOfTheLast) {
  for (const unsigned first : {kText, kBinary, kFin | kText, kFin | kBinary}) {
    EXPECT_THAT(read(frame(kText, "a") + frame(first, "b")), ElementsAre("error1002"));
    EXPECT_THAT(read(frame(kBinary, "a") + frame(kContinuation, "b") + frame(first, "c")),
                ElementsAre("error1002"));
  }
}

// 5.5 Control frames -----------------------------------------------------------------------------

TEST_P(Rfc6455Cases, Section5_5_ControlFramesAreWholeAndShort) {
  for (const unsigned opcode : {kClose, kPing, kPong}) {
    EXPECT_THAT(read(frame(opcode, "")), ElementsAre("error1002")) << "a fragment of " << opcode;
    EXPECT_THAT(read(frame(kFin | opcode, std::string(126, '\x3'))), ElementsAre("error1002"));
    EXPECT_THAT(read(frame(kFin | opcode, std::string(70'000, '\x3'))), ElementsAre("error1002"));
  }
}

TEST_P(Rfc6455Cases, Section5_5_2_PingsCarryAnyOctets) {
  for (const std::string& content :
       {std::string(), std::string("Hello"), std::string("\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF", 8),
        std::string(125, '\xFE')}) {
    EXPECT_THAT(read(frame(kFin | kPing, content)), ElementsAre("ping:" + content));
  }
  std::string ten;
  for (int i = 0; i < 10; ++i) {
    ten += frame(kFin | kPing, std::to_string(i));
  }
  EXPECT_EQ(read(ten).size(), 10U);
}

TEST_P(Rfc6455Cases, Section5_5_3_PongsNobodyAskedForAreNoFault) {
  EXPECT_THAT(read(frame(kFin | kPong) + frame(kFin | kPong, "unasked") + frame(kFin | kPing, "x")),
              ElementsAre("pong:", "pong:unasked", "ping:x"));
}

TEST_P(Rfc6455Cases, Section5_5_1_CloseFrames) {
  EXPECT_THAT(read(frame(kFin | kClose)), ElementsAre("close1005:"));
  EXPECT_THAT(read(frame(kFin | kClose, "\x03")), ElementsAre("error1002"));
  EXPECT_THAT(read(frame(kFin | kClose, close_payload(1000))), ElementsAre("close1000:"));
  const std::string longest(123, 'x');
  EXPECT_THAT(read(frame(kFin | kClose, close_payload(1000, longest))),
              ElementsAre("close1000:" + longest));
  EXPECT_THAT(read(frame(kFin | kClose, close_payload(1000, longest + "x"))),
              ElementsAre("error1002"));
  EXPECT_THAT(read(frame(kFin | kClose, close_payload(1000, "\xCE\xBA\xE1\xBD\xB9\xED\xA0\x80"))),
              ElementsAre("error1007"));
  EXPECT_THAT(read(frame(kFin | kClose, close_payload(1000)) + frame(kFin | kText, "late") +
                   frame(kFin | kPing) + frame(kFin | kClose)),
              ElementsAre("close1000:"));
}

// 5.6 and 8.1 Text -------------------------------------------------------------------------------

TEST_P(Rfc6455Cases, Section8_1_WellFormedText) {
  for (const char* good :
       {"\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5", "\xC2\x80", "\xE0\xA0\x80",
        "\xF0\x90\x80\x80", "\x7F", "\xDF\xBF", "\xEF\xBF\xBF", "\xF4\x8F\xBF\xBF", "\xED\x9F\xBF",
        "\xEE\x80\x80", "\xEF\xBF\xBD", "\xEF\xBF\xBE", "\xF0\x9F\xBF\xBE", "\xEF\xB7\x90"}) {
    const std::string text = good;
    EXPECT_THAT(read(frame(kFin | kText, text)), ElementsAre("text:" + text));
    std::string fragments = frame(kText);
    for (const char octet : text) {
      fragments += frame(kContinuation, {&octet, 1});
    }
    EXPECT_THAT(read(fragments + frame(kFin | kContinuation)), ElementsAre("text:" + text));
  }
  EXPECT_THAT(read(frame(kFin | kText, std::string("a\0b", 3))),
              ElementsAre(std::string("text:a\0b", 8)));
}

TEST_P(Rfc6455Cases, Section8_1_IllFormedTextIsRefusedAtTheFirstImpossibleOctet) {
  const struct {
    const char* text;
    std::size_t known_after;
  } kCases[] = {
      {"\x80", 1},                      // a continuation alone
      {"\xBF\x80", 1},                  //
      {"\xC0\xAF", 1},                  // "/" in two octets
      {"\xC1\xBF", 1},                  //
      {"\xE0\x80\xAF", 2},              // in three
      {"\xE0\x9F\xBF", 2},              //
      {"\xF0\x80\x80\xAF", 2},          // in four
      {"\xF0\x8F\xBF\xBF", 2},          //
      {"\xF8\x88\x80\x80\x80", 1},      // five and six octets do not exist
      {"\xFC\x84\x80\x80\x80\x80", 1},  //
      {"\xFE", 1},                      //
      {"\xFF", 1},                      //
      {"\xED\xA0\x80", 2},              // halves of a UTF-16 pair
      {"\xED\xBF\xBF", 2},              //
      {"\xED\xA0\x80\xED\xB0\x80", 2},  //
      {"\xF4\x90\x80\x80", 2},          // behind the last character
      {"\xF5\x80\x80\x80", 1},          //
      {"\xC2"
       "a",
       2},  // broken off
      {"\xE1\x80"
       "a",
       3},  //
      {"\xF1\x80\x80"
       "a",
       4},                  //
      {"\xE1\xA0\xC0", 3},  //
      {"\xCE\xBA\xE1\xBD\xB9\xED\xA0\x80"
       "edited",
       7},
  };
  for (const auto& one : kCases) {
    const std::string tail(50, 'x');
    EXPECT_EQ(known_after("", kFin | kText, one.text + tail), one.known_after) << one.text;
    EXPECT_EQ(known_after(frame(kText, "ok"), kContinuation, one.text + tail), one.known_after);
  }
}

TEST_P(Rfc6455Cases, Section8_1_TextThatEndsInsideOfACharacterIsRefusedAtItsEnd) {
  for (const char* cut : {"\xCE", "\xE1\xBD", "\xF0\x9F\x98"}) {
    EXPECT_THAT(read(frame(kFin | kText, std::string("good") + cut)), ElementsAre("error1007"));
    EXPECT_THAT(read(frame(kText, cut)), IsEmpty());
    EXPECT_THAT(read(frame(kText, cut) + frame(kFin | kContinuation)), ElementsAre("error1007"));
  }
  EXPECT_THAT(read(frame(kFin | kBinary, "\xCE")), ElementsAre("binary:\xCE"));
}

TEST_P(Rfc6455Cases, Section8_1_EachMessageBeginsAnew) {
  EXPECT_THAT(read(frame(kText, "\xCE") + frame(kFin | kPing, "\xFF") +
                   frame(kFin | kContinuation, "\xBA") + frame(kFin | kText, "\xBA")),
              ElementsAre("ping:\xFF", "text:\xCE\xBA", "error1007"));
}

// 7.4 Close codes --------------------------------------------------------------------------------

TEST_P(Rfc6455Cases, Section7_4_CodesThatMayTravelAndThoseThatMayNot) {
  for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1008U, 1009U, 1010U, 1011U, 3000U,
                              3999U, 4000U, 4999U}) {
    EXPECT_THAT(read(frame(kFin | kClose, close_payload(code, "why"))),
                ElementsAre("close" + std::to_string(code) + ":why"));
  }
  for (const unsigned code :
       {0U, 1U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 65535U}) {
    EXPECT_THAT(read(frame(kFin | kClose, close_payload(code, "why"))), ElementsAre("error1002"));
  }
}

// 10.4 Limits ------------------------------------------------------------------------------------

TEST_P(Rfc6455Cases, Section10_4_MessagesOfManyMegabytes) {
  for (const std::size_t size : {std::size_t{1} << 20, std::size_t{4} << 20}) {
    EXPECT_THAT(read(frame(kFin | kBinary, std::string(size, '\xFE'))),
                ElementsAre("binary:#" + std::to_string(size)));
    std::string fragments = frame(kText);
    for (std::size_t sent = 0; sent < size; sent += 65536) {
      fragments += frame(kContinuation, std::string(65536, 'x'));
    }
    EXPECT_THAT(read(fragments + frame(kFin | kContinuation)),
                ElementsAre("text:#" + std::to_string(size)));
  }
}

TEST_P(Rfc6455Cases, Section10_4_WhatIsLargerIsRefusedFromTheHeaderOn) {
  const std::string head = frame(kFin | kBinary, std::string(70'000, 'x')).substr(0, 2);
  const std::string mask(GetParam() == WsRole::Server ? 4 : 0, 'm');
  EXPECT_THAT(read(head + std::string("\x00\x00\x00\x00\x01\x40\x00\x01", 8) + mask),
              ElementsAre("error1009"));
  EXPECT_THAT(read(head + std::string("\x80\x00\x00\x00\x00\x00\x00\x00", 8) + mask),
              ElementsAre("error1002"));
}

INSTANTIATE_TEST_SUITE_P(BothEnds, Rfc6455Cases, testing::Values(WsRole::Client, WsRole::Server),
                         [](const auto& end) {
                           return end.param == WsRole::Client ? "Client" : "Server";
                         });

}  // namespace
}  // namespace waxwing::net
