// SPDX-License-Identifier: Apache-2.0
// RFC 6455 as octets; the case's name says the section.
#include "net/websocket_codec.hpp"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace waxwing::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Kind = WsEvent::Kind;

constexpr std::uint64_t kMax = 1 << 20;

struct Told {
  Kind kind = Kind::NeedMore;
  std::uint16_t code = 0;
  std::string data;

  friend bool operator==(const Told&, const Told&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Told& told) {
    return out << static_cast<int>(told.kind) << "/" << told.code << "/" << told.data.substr(0, 40);
  }
};

std::vector<Told> read(WsReader& reader, std::string_view octets, std::size_t piece) {
  std::vector<Told> told;
  for (std::size_t at = 0; at < octets.size(); at += piece) {
    std::string_view input = octets.substr(at, piece);
    while (true) {
      const WsEvent event = reader.next(input);
      if (event.kind == Kind::NeedMore) {
        EXPECT_TRUE(input.empty());
        break;
      }
      told.push_back({event.kind, event.code, std::string(event.data)});
    }
  }
  return told;
}

// The same whatever the pieces are.
std::vector<Told> read(WsRole role, std::string_view octets, std::uint64_t max = kMax) {
  WsReader whole(role, max);
  const auto told = read(whole, octets, octets.size() + 1);
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 64U}) {
    if (octets.size() / piece < 100'000) {
      WsReader reader(role, max);
      EXPECT_EQ(read(reader, octets, piece), told) << "in pieces of " << piece;
    }
  }
  return told;
}

// A frame by hand, as the server sends it: any bits, no mask.
std::string raw(unsigned first, std::string_view payload) {
  std::string out = {static_cast<char>(first), static_cast<char>(payload.size())};
  return out.append(payload);
}

std::string frame(WsRole role, WsOpcode opcode, std::string_view payload, bool final = true) {
  std::string out;
  ws_append_frame(out, role, opcode, payload, final);
  return out;
}

Told text(std::string data) {
  return {Kind::Text, 0, std::move(data)};
}
Told binary(std::string data) {
  return {Kind::Binary, 0, std::move(data)};
}

void expect_error(WsRole role, std::string_view octets, std::uint16_t code,
                  std::uint64_t max = kMax) {
  const auto told = read(role, octets, max);
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().kind, Kind::Error);
  EXPECT_EQ(told.back().code, code);
  EXPECT_FALSE(told.back().data.empty());
}

TEST(Rfc6455, Section1_3_AcceptOfTheExampleKey) {
  EXPECT_EQ(ws_accept_of_key("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

TEST(Rfc6455, Section4_1_KeysAreSixteenFreshOctets) {
  const std::string key = ws_make_key();
  EXPECT_TRUE(ws_is_key(key));
  EXPECT_NE(key, ws_make_key());
  for (const char* bad : {"", "abc", "dGhlIHNhbXBsZSBub25jZQ=", "dGhlIHNhbXBsZSBub25jZQ==x",
                          "dGhlIHNhbXBsZSBub25j!Q=="}) {
    EXPECT_FALSE(ws_is_key(bad)) << bad;
  }
}

TEST(Rfc6455, Section5_1_AClientRefusesMaskedFrames) {
  expect_error(WsRole::Client, frame(WsRole::Client, WsOpcode::Text, "hi"),
               ws_close::kProtocolError);
}

TEST(Rfc6455, Section5_1_AServerRefusesFramesWithoutMask) {
  expect_error(WsRole::Server, frame(WsRole::Server, WsOpcode::Text, "hi"),
               ws_close::kProtocolError);
}

TEST(Rfc6455, Section5_2_ReservedBitsAreRefused) {
  for (const unsigned bit : {0x40U, 0x20U, 0x10U}) {
    expect_error(WsRole::Client, raw(0x81 | bit, "hi"), ws_close::kProtocolError);
  }
}

TEST(Rfc6455, Section5_2_UnknownOpcodesAreRefused) {
  for (const unsigned opcode : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    expect_error(WsRole::Client, raw(0x80 | opcode, "hi"), ws_close::kProtocolError);
  }
}

TEST(Rfc6455, Section5_2_LengthsInEveryForm) {
  for (const std::size_t size : {0U, 1U, 125U, 126U, 127U, 65535U, 65536U, 70000U}) {
    const std::string payload(size, 'x');
    EXPECT_THAT(read(WsRole::Client, frame(WsRole::Server, WsOpcode::Binary, payload)),
                ElementsAre(binary(payload)));
    EXPECT_THAT(read(WsRole::Server, frame(WsRole::Client, WsOpcode::Binary, payload)),
                ElementsAre(binary(payload)));
    for (const WsRole role : {WsRole::Client, WsRole::Server}) {
      EXPECT_EQ(frame(role, WsOpcode::Binary, payload).size(), ws_frame_bytes(role, size));
    }
  }
}

TEST(Rfc6455, Section5_2_LengthsInALongerFormThanNeededAreRefused) {
  using namespace std::string_literals;
  expect_error(WsRole::Client, "\x82\x7E\x00\x05hello"s, ws_close::kProtocolError);
  expect_error(WsRole::Client, "\x82\x7F\x00\x00\x00\x00\x00\x00\xFF\xFF"s,
               ws_close::kProtocolError);
}

TEST(Rfc6455, Section5_2_TheTopmostBitOfALengthIsZero) {
  using namespace std::string_literals;
  expect_error(WsRole::Client, "\x82\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s,
               ws_close::kProtocolError);
}

TEST(Rfc6455, Section5_3_MasksAreFreshAndTakenOff) {
  const std::string one = frame(WsRole::Client, WsOpcode::Text, "the same text");
  const std::string two = frame(WsRole::Client, WsOpcode::Text, "the same text");
  EXPECT_NE(one, two);
  EXPECT_THAT(one, testing::Not(HasSubstr("the same text")));
  EXPECT_THAT(read(WsRole::Server, one + two),
              ElementsAre(text("the same text"), text("the same text")));
}

TEST(Rfc6455, Section5_4_FragmentsMakeOneMessage) {
  for (const auto& [ours, theirs] :
       {std::pair(WsRole::Client, WsRole::Server), std::pair(WsRole::Server, WsRole::Client)}) {
    EXPECT_THAT(read(ours, frame(theirs, WsOpcode::Text, "Hel", false) +
                               frame(theirs, WsOpcode::Continuation, "", false) +
                               frame(theirs, WsOpcode::Continuation, "lo", true) +
                               frame(theirs, WsOpcode::Binary, "", false) +
                               frame(theirs, WsOpcode::Continuation, "bytes")),
                ElementsAre(text("Hello"), binary("bytes")));
  }
}

TEST(Rfc6455, Section5_4_ControlFramesComeBetweenFragments) {
  EXPECT_THAT(read(WsRole::Client, frame(WsRole::Server, WsOpcode::Text, "Hel", false) +
                                       frame(WsRole::Server, WsOpcode::Ping, "there?") +
                                       frame(WsRole::Server, WsOpcode::Pong, "") +
                                       frame(WsRole::Server, WsOpcode::Continuation, "lo")),
              ElementsAre(Told{Kind::Ping, 0, "there?"}, Told{Kind::Pong, 0, ""}, text("Hello")));
}

TEST(Rfc6455, Section5_4_AContinuationOfNothingIsRefused) {
  expect_error(WsRole::Client, frame(WsRole::Server, WsOpcode::Continuation, "x"),
               ws_close::kProtocolError);
  expect_error(WsRole::Client,
               frame(WsRole::Server, WsOpcode::Text, "x") +
                   frame(WsRole::Server, WsOpcode::Continuation, "x"),
               ws_close::kProtocolError);
}

TEST(Rfc6455, Section5_4_MessagesAreNotMixed) {
  expect_error(WsRole::Client,
               frame(WsRole::Server, WsOpcode::Text, "x", false) +
                   frame(WsRole::Server, WsOpcode::Text, "y"),
               ws_close::kProtocolError);
}

TEST(Rfc6455, Section5_5_ControlFramesAreShortAndWhole) {
  expect_error(WsRole::Client, raw(0x09, "x"), ws_close::kProtocolError);
  expect_error(WsRole::Client, std::string("\x89\x7E\x00\x7E", 4) + std::string(126, 'x'),
               ws_close::kProtocolError);
  EXPECT_THAT(read(WsRole::Client, frame(WsRole::Server, WsOpcode::Ping, std::string(125, 'x'))),
              ElementsAre(Told{Kind::Ping, 0, std::string(125, 'x')}));
}

TEST(Rfc6455, Section5_5_1_CloseFramesHaveACodeAndAReason) {
  const auto close = [](std::uint16_t code, std::string_view reason) {
    std::string out;
    ws_append_close(out, WsRole::Server, code, reason);
    return out;
  };
  EXPECT_THAT(read(WsRole::Client, close(1000, "bye")),
              ElementsAre(Told{Kind::Close, 1000, "bye"}));
  EXPECT_THAT(read(WsRole::Client, close(4001, "")), ElementsAre(Told{Kind::Close, 4001, ""}));
  EXPECT_THAT(read(WsRole::Client, close(ws_close::kNoStatus, "unused")),
              ElementsAre(Told{Kind::Close, ws_close::kNoStatus, ""}));
  expect_error(WsRole::Client, raw(0x88, "\x03"), ws_close::kProtocolError);
  expect_error(WsRole::Client, raw(0x88, "\x03\xE8\xC3"), ws_close::kInvalidText);
}

TEST(Rfc6455, Section5_5_1_NothingIsReadAfterAClose) {
  EXPECT_THAT(read(WsRole::Client, raw(0x88, "\x03\xE8") + raw(0x81, "late") + raw(0xFF, "x")),
              ElementsAre(Told{Kind::Close, 1000, ""}));
}

TEST(Rfc6455, Section5_5_1_AReasonIsCutAtACharacter) {
  std::string reason(122, 'x');
  reason += "\xE2\x82\xAC";
  std::string out;
  ws_append_close(out, WsRole::Server, 1011, reason);
  EXPECT_THAT(read(WsRole::Client, out),
              ElementsAre(Told{Kind::Close, 1011, std::string(122, 'x')}));
}

TEST(Rfc6455, Section5_6_TextIsUtf8) {
  expect_error(WsRole::Client, raw(0x81, "a\xFF"), ws_close::kInvalidText);
  expect_error(WsRole::Client, raw(0x81, "a\xE2\x82"), ws_close::kInvalidText);
  // A character may lie across fragments.
  EXPECT_THAT(read(WsRole::Client, raw(0x01, "\xE2\x82") + raw(0x80, "\xAC")),
              ElementsAre(text("\xE2\x82\xAC")));
  EXPECT_THAT(read(WsRole::Client, raw(0x82, "\xFF\xFE")), ElementsAre(binary("\xFF\xFE")));
}

TEST(Rfc6455, Section5_6_BadTextIsKnownBeforeTheMessageEnds) {
  WsReader reader(WsRole::Client, kMax);
  EXPECT_THAT(read(reader, std::string("\x81\x7E\x10\x00\xFF", 5), 1),
              ElementsAre(testing::Field(&Told::code, ws_close::kInvalidText)));
}

TEST(Rfc6455, Section7_1_7_AfterAFailureNothingIsTold) {
  WsReader reader(WsRole::Client, kMax);
  EXPECT_EQ(read(reader, raw(0x83, "") + raw(0x81, "hi"), 100).size(), 1U);
  EXPECT_TRUE(reader.done());
  EXPECT_TRUE(read(reader, raw(0x81, "hi"), 100).empty());
}

TEST(Rfc6455, Section7_4_CloseCodesThatMayTravel) {
  for (const unsigned code : {1000U, 1001U, 1002U, 1003U, 1007U, 1011U, 1014U, 3000U, 4999U}) {
    EXPECT_TRUE(ws_is_close_code(code)) << code;
  }
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 2999U, 5000U, 65535U}) {
    EXPECT_FALSE(ws_is_close_code(code)) << code;
    expect_error(
        WsRole::Client,
        raw(0x88, std::string{static_cast<char>(code >> 8 & 0xFF), static_cast<char>(code & 0xFF)}),
        ws_close::kProtocolError);
  }
}

TEST(Rfc6455, Section10_4_AMessageTooLongIsKnownFromItsHeader) {
  WsReader reader(WsRole::Client, 1000);
  EXPECT_THAT(read(reader, std::string("\x82\x7E\x03\xE9", 4), 1),
              ElementsAre(testing::Field(&Told::code, ws_close::kTooBig)));
  // By its fragments, too; the sum never overflows.
  expect_error(WsRole::Client,
               raw(0x02, std::string(100, 'x')) +
                   std::string("\x80\x7F\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF", 10),
               ws_close::kTooBig, 1000);
  EXPECT_THAT(
      read(WsRole::Client, frame(WsRole::Server, WsOpcode::Binary, std::string(1000, 'x')), 1000),
      ElementsAre(binary(std::string(1000, 'x'))));
}

TEST(Rfc6455, Section10_4_ControlFramesDoNotCountAsMessage) {
  EXPECT_THAT(read(WsRole::Client, raw(0x89, "12345"), 2),
              ElementsAre(Told{Kind::Ping, 0, "12345"}));
}

TEST(WsReader, ALargeMessageThatIsHereIsNotCopied) {
  WsReader reader(WsRole::Client, kMax);
  const std::string octets = frame(WsRole::Server, WsOpcode::Binary, std::string(1000, 'x'));
  std::string_view input = octets;
  EXPECT_EQ(reader.next(input).data.data(), octets.data() + 4);
}

TEST(WsReader, SaysWhetherAMessageIsUnderWay) {
  WsReader reader(WsRole::Client, kMax);
  EXPECT_FALSE(reader.in_message());
  EXPECT_TRUE(read(reader, raw(0x01, "part"), 100).empty());
  EXPECT_TRUE(reader.in_message());
  EXPECT_EQ(read(reader, raw(0x80, ""), 100).size(), 1U);
  EXPECT_FALSE(reader.in_message());
  EXPECT_TRUE(read(reader, "\x81", 1).empty());
  EXPECT_TRUE(reader.in_message());
}

}  // namespace
}  // namespace waxwing::net
